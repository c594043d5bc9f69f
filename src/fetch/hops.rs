//! Redirects, walked by hand: each hop passes the guard and gets only what is meant for it.
//!
//! Five hops at most. Validators are sent to the address that gave them (or to the same address
//! over https), credentials and custom fields to the origin of the feed's own address, so that no
//! hop learns what another one said. Of the answers on the way nothing is kept: the final one's
//! fields alone count.

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, StatusCode};

use crate::model::url::WebUrl;

use super::answer::Answer;
use super::cause;
use super::error::{self, FetchError};
use super::guard::{Guard, Refused};
use super::request::Request;

/// How many redirects are followed.
const HOPS: usize = 5;

/// What a chain of requests is made with.
#[derive(Debug)]
pub struct Walk<'a> {
    /// The client; it follows nothing by itself.
    pub http: &'a reqwest::Client,
    /// The guard.
    pub guard: &'a Guard,
    /// The fields of every request.
    pub common: &'a HeaderMap,
    /// The feed's request.
    pub request: &'a Request<'a>,
    /// The address whose validators the request carries.
    pub owner: &'a WebUrl,
}

impl Walk<'_> {
    /// The first answer that is not a redirect.
    pub async fn to_the_end(&self) -> Result<Answer, FetchError> {
        let mut url = self.request.url.web().clone();
        let mut permanent = true;
        for _ in 0..=HOPS {
            self.guard.check(url.parts())?;
            let (request, conditional) = self.request_to(&url)?;
            let sent = self.http.execute(request).await;
            let response = sent.map_err(|error| cause::explain(&error, url.parts()))?;
            let Some(for_good) = redirect(response.status()) else {
                return Ok(Answer { response, url, conditional, permanent });
            };
            permanent &= for_good;
            url = self.next(&url, response.headers())?;
        }
        let problem = format!("once more after {HOPS} redirects");
        Err(FetchError::Redirect { place: error::place(url.parts()), problem })
    }

    /// The request to one hop, and whether it is conditional.
    fn request_to(&self, url: &WebUrl) -> Result<(reqwest::Request, bool), FetchError> {
        let mut request = reqwest::Request::new(Method::GET, url.parts().clone());
        let fields = request.headers_mut();
        fields.clone_from(self.common);
        self.request.add_open(fields)?;
        let conditional = is_same(self.owner, url) && self.request.add_conditions(fields);
        if !self.request.is_confidential() || !same_origin(self.request.url.web(), url) {
            return Ok((request, conditional));
        }
        self.request.add_confidential(fields)?;
        let Some(login) = self.request.login else {
            return Ok((request, conditional));
        };
        let builder = reqwest::RequestBuilder::from_parts(self.http.clone(), request)
            .basic_auth(&login.username, Some(login.password.reveal()));
        let unfit = |_| FetchError::Setting("its credentials cannot be sent".to_owned());
        Ok((builder.build().map_err(unfit)?, conditional))
    }

    /// Where a redirect leads (RFC 9110, section 10.2.2), without credentials and fragment.
    fn next(&self, from: &WebUrl, fields: &HeaderMap) -> Result<WebUrl, FetchError> {
        let wrong =
            |problem: String| FetchError::Redirect { place: error::place(from.parts()), problem };
        let location = fields.get(LOCATION).map(|value| readable(value.as_bytes()));
        let Some(location) = location.filter(|text| !text.is_empty()) else {
            return Err(wrong("without saying where to".to_owned()));
        };
        let to = WebUrl::join(from, &location)
            .map_err(|reason| wrong(format!("to something unusable ({reason})")))?;
        let mut parts = to.parts().clone();
        parts.set_fragment(None);
        let refused = |()| wrong("to an address that cannot have credentials".to_owned());
        parts.set_username("").map_err(refused)?;
        parts.set_password(None).map_err(refused)?;
        if from.parts().scheme() == "https"
            && parts.scheme() == "http"
            && self.request.is_confidential()
        {
            return Err(Refused::Downgrade.into());
        }
        WebUrl::from_url(parts).map_err(|reason| wrong(format!("to nowhere ({reason})")))
    }
}

/// Whether a status is a redirect to follow, and whether for good (RFC 9110, section 15.4).
fn redirect(status: StatusCode) -> Option<bool> {
    match status {
        StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT => Some(true),
        StatusCode::FOUND | StatusCode::SEE_OTHER | StatusCode::TEMPORARY_REDIRECT => Some(false),
        _ => None,
    }
}

/// A Location as text. It should be ASCII; raw UTF-8 is common, and other bytes are
/// percent-encoded, as the server meant them.
fn readable(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.trim().to_owned(),
        Err(_) => {
            let encoded = |byte: &u8| match byte.is_ascii() {
                true => char::from(*byte).to_string(),
                false => format!("%{byte:02X}"),
            };
            bytes.iter().map(encoded).collect()
        }
    }
}

/// Whether two addresses are the same resource: equal, or equal but for http becoming https.
fn is_same(owner: &WebUrl, url: &WebUrl) -> bool {
    if owner == url {
        return true;
    }
    let (owner, url) = (owner.parts(), url.parts());
    owner.scheme() == "http"
        && url.scheme() == "https"
        && (owner.port(), url.port()) == (None, None)
        && owner[url::Position::BeforeHost..] == url[url::Position::BeforeHost..]
}

fn same_origin(one: &WebUrl, other: &WebUrl) -> bool {
    let (one, other) = (one.parts(), other.parts());
    one.scheme() == other.scheme()
        && one.host_str() == other.host_str()
        && one.port_or_known_default() == other.port_or_known_default()
}
