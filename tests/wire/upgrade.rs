//! From http to https at the same place: two polls are enough to leave the clear for good.

use std::collections::HashMap;

use super::certificates::Authority;
use super::names::{Names, these};
use super::pocket::{self, PUBLIC};
use super::secure::Secure;
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::program::feedmill_with;
use crate::world::publisher::{Publisher, Reply};

#[test]
fn a_move_to_https_at_the_same_place_is_believed_after_two_polls() {
    if !pocket::enter(
        "wire::upgrade::a_move_to_https_at_the_same_place_is_believed_after_two_polls",
    ) {
        return;
    }
    let (root, host) = (Authority::root("Racine de confiance"), "upgrades.example");
    let _names = Names::start(|_, _, _| these(&[PUBLIC]));
    let certificates = HashMap::from([(host.to_owned(), root.vouches_for(host, &[], |_| {}))]);
    let secure = Secure::start(pocket::listen(PUBLIC, 443), certificates, &["http/1.1"]);
    let plain = Publisher::over(pocket::listen(PUBLIC, 80));
    plain.posts("/rss", [Post::new("/rss")]);
    let home = Home::new();
    let roots = home.path("roots.pem");
    root.write(&roots);
    home.configure_fetching("", &[format!("http://{host}/rss")], home::Post::Files, "");
    let trust = [("SSL_CERT_FILE", roots.to_str().expect("a plain path"))];
    let poll = || {
        let said = feedmill_with(&home, &trust, &["refresh", "--all", "--force"]);
        assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
        (plain.requests_for("/rss").len(), secure.requests().len())
    };
    assert_eq!(poll(), (1, 0));
    plain.answers("/rss", Reply::Redirect(301, format!("https://{host}/rss")));
    let polls = [poll(), poll(), poll(), poll()];
    assert_eq!(polls, [(2, 1), (3, 2), (3, 3), (3, 4)], "in the clear, over TLS");
    pocket::report("2 polls through the redirect, then none in the clear");
}
