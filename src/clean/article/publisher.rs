//! Whose page it is: the names by which a site speaks of itself, and which of its links lead to what
//! it asks of readers (to subscribe, to log in, to give).
//!
//! An offer is told from a sentence by these rather than by its words: an author who writes that
//! people subscribe to something does not name, or link to, the very site that shows the text.

use dom_query::NodeRef;

use crate::model::url::WebUrl;

/// The shortest part of a host that names a site, in characters.
const SHORTEST_NAME: usize = 5;

/// What addresses of such pages are made of, in lower case.
const ACCOUNT: [&str; 24] = [
    "abo",
    "abonnement",
    "abonnements",
    "abonnez",
    "account",
    "connexion",
    "don",
    "donate",
    "dons",
    "infolettre",
    "inscription",
    "login",
    "membership",
    "newsletter",
    "newsletters",
    "register",
    "signin",
    "signup",
    "soutenir",
    "subscribe",
    "subscription",
    "subscriptions",
    "suscripcion",
    "suscripciones",
];

/// Whose page it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Publisher {
    /// What it is called, in lower case.
    names: Vec<String>,
    /// Its host, without `www.`.
    host: String,
}

impl Publisher {
    /// The site of the page at `url`, which may say what it is `called`.
    pub fn new(url: &WebUrl, called: Option<&str>) -> Self {
        let host = url.parts().host_str().unwrap_or_default().to_lowercase();
        let host = host.strip_prefix("www.").unwrap_or(&host).to_owned();
        let label = host.split('.').next().unwrap_or_default();
        let is_long = |name: &&str| name.chars().count() >= SHORTEST_NAME;
        let called = called.map(str::trim).filter(is_long);
        let names = called.into_iter().chain(Some(label).filter(is_long));
        Self { names: names.map(str::to_lowercase).collect(), host }
    }

    /// Whether `text`, in lower case, names the site.
    pub fn is_named_in(&self, text: &str) -> bool {
        self.names.iter().any(|name| text.contains(name.as_str()))
    }

    /// Whether a link in `node` leads to what the site asks for.
    pub fn asks_in(&self, node: &NodeRef<'_>) -> bool {
        node.find(&["a"]).iter().any(|link| {
            link.attr("href").is_some_and(|address| self.is_account(&address.to_lowercase()))
        })
    }

    fn is_account(&self, address: &str) -> bool {
        let path = match address.split_once("://") {
            Some((_, rest)) => {
                let rest = rest.strip_prefix("www.").unwrap_or(rest);
                let Some(path) = rest.strip_prefix(self.host.as_str()) else { return false };
                path
            }
            None => address,
        };
        let path = path.split(['?', '#']).next().unwrap_or_default();
        path.split(|c: char| !c.is_alphanumeric()).any(|word| ACCOUNT.contains(&word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_pages_ask() {
        let url = WebUrl::parse("https://www.journal.example/moulin").expect("a URL");
        let publisher = Publisher::new(&url, Some("Le Journal"));
        for (address, expected) in [
            ("https://journal.example/mon-abonnement", true),
            ("https://www.journal.example/login?next=x", true),
            ("/newsletter", true),
            ("https://moulin.example/don", false),
            ("https://journal.example/2026/le-don-du-sang?x=don", true),
            ("https://journal.example/2026/moulin?from=newsletter", false),
            ("/2026/donner", false),
        ] {
            assert_eq!(publisher.is_account(address), expected, "{address}");
        }
        assert!(publisher.is_named_in("soutenez le journal"));
        assert!(!publisher.is_named_in("soutenez le moulin"));
    }
}
