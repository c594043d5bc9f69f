//! Full text: articles read from their pages, once and politely, and the feed's own text where a
//! page has none.

use chrono::TimeDelta;
use feedmill::clock::Clock;

use crate::journeys::DAWN;
use crate::world::clock::ManualClock;
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::mill::Mill;
use crate::world::publisher::{Publisher, Reply};
use crate::world::runner;
use feedmill::model::article::ArticleStanding;

/// A page in the manner of WordPress.
fn page(title: &str, words: &str) -> String {
    let paragraph = |n: usize| {
        format!(
            "<p>{words}, paragraphe {n} : le meunier a repris son moulin, et le village, qui \
            l’attendait depuis l’hiver, s’est retrouvé sur la place pour l’entendre tourner.</p>"
        )
    };
    let text: String = (1..=6).map(paragraph).collect();
    format!(
        "<!DOCTYPE html><html lang=fr><head><title>{title} - Le journal</title></head><body>\
        <a class=skip-link href=#content>Passer au contenu</a>\
        <nav><ul><li><a href=/a>Accueil</a></li><li><a href=/b>Tests</a></li></ul></nav>\
        <main id=content><article><h1>{title}</h1><div class=entry-content>{text}</div></article>\
        <aside class=related><h3>À lire aussi</h3><ul><li><a href=/c>Autre chose</a></li></ul></aside>\
        </main><footer><button>Mode</button></footer></body></html>"
    )
}

/// A publisher with a feed at `/rss` whose articles are read in full, and a home.
struct Press {
    publisher: Publisher,
    home: Home,
    clock: ManualClock,
}

impl Press {
    fn new() -> Self {
        let (publisher, home) = (Publisher::start(), Home::new());
        let press = Self { publisher, home, clock: ManualClock::at(DAWN) };
        press.configure("");
        press
    }

    fn configure(&self, fetch: &str) {
        let feed =
            format!("[[feed]]\nurl = \"{}\"\nfull_text = true\n", self.publisher.url("/rss"));
        self.home.configure(&[], home::Post::Files, &format!("{fetch}{feed}"));
    }

    /// A post whose page answers so.
    fn post(&self, name: &str, reply: Option<Reply>) -> Post {
        let path = format!("/{name}");
        match reply {
            Some(reply) => self.publisher.answers(&path, reply),
            None => {
                self.publisher.answers(&path, Reply::Page(page(name, &format!("Texte de {name}"))))
            }
        }
        Post::new(name).at(&self.publisher.url(&path)).dated(self.clock.now() - TimeDelta::hours(1))
    }

    fn asked(&self, name: &str) -> usize {
        self.publisher.requests_for(&format!("/{name}")).len()
    }

    /// How often a page was asked for by who connected for it: what a kept connection did not hear is
    /// said again over a new one.
    fn asked_anew(&self, name: &str) -> usize {
        let (requests, path) = (self.publisher.requests(), format!("/{name}"));
        let is_first = |n: usize| {
            requests[..n].iter().all(|earlier| earlier.connection != requests[n].connection)
        };
        (0..requests.len()).filter(|n| requests[*n].path == path && is_first(*n)).count()
    }
}

fn shown(mill: &Mill) -> String {
    mill.get("/feeds/all.json").text()
}

#[test]
fn the_full_text_is_shown_and_its_page_asked_once() {
    let press = Press::new();
    press.publisher.posts("/rss", [press.post("un", None)]);
    let mill = Mill::start(&press.home, &press.clock);
    let text = shown(&mill);
    assert!(text.contains("Texte de un, paragraphe 1") && text.contains("paragraphe 6"), "{text}");
    assert!(!text.contains("Passer au contenu") && !text.contains("Autre chose"), "{text}");
    let posts = [press.post("deux", None), press.post("un", None)];
    press.publisher.posts("/rss", posts);
    for _ in 0..3 {
        mill.polls();
    }
    assert!(shown(&mill).contains("Texte de deux, paragraphe 6"));
    assert_eq!((press.asked("un"), press.asked("deux")), (1, 1));
}

#[test]
fn where_the_page_is_missing_the_feed_speaks_and_the_reason_is_kept() {
    let press = Press::new();
    let elsewhere = Post::new("ailleurs").at("http://10.0.0.1/x").dated(press.clock.now());
    let posts = [press.post("un", Some(Reply::Status(404))), elsewhere];
    press.publisher.posts("/rss", posts);
    let mill = Mill::start(&press.home, &press.clock);
    let text = shown(&mill);
    assert!(text.contains("Body of un.") && text.contains("Body of ailleurs."), "{text}");
    let reasons = [1, 2].map(|entry| match mill.article(entry) {
        Some(ArticleStanding::Failed { reason }) => reason,
        other => panic!("{other:?}"),
    });
    assert!(reasons[0].contains("404"), "{reasons:?}");
    assert!(reasons[1].contains("10.0.0.1"), "the guard refuses: {reasons:?}");
    mill.polls();
    mill.lives_until(press.clock.now() + TimeDelta::hours(12));
    assert_eq!(press.asked("un"), 1, "what is final is not asked again");
}

#[test]
fn a_queue_outlives_a_restart_and_gives_up_in_the_end() {
    let press = Press::new();
    let posts =
        [press.post("un", Some(Reply::Status(503))), press.post("deux", Some(Reply::HangUp))];
    press.publisher.posts("/rss", posts);
    let mill = Mill::start(&press.home, &press.clock);
    assert!(matches!(mill.article(1), Some(ArticleStanding::Waiting { attempts: 1, .. })));
    mill.stop();
    press.post("un", None);
    press.clock.set(press.clock.now() + TimeDelta::minutes(16));
    let mill = Mill::start(&press.home, &press.clock);
    mill.lives_until(press.clock.now() + TimeDelta::hours(8));
    let text = shown(&mill);
    assert!(text.contains("Texte de un, paragraphe 6") && text.contains("Body of deux."), "{text}");
    let standing = [1, 2].map(|entry| mill.article(entry));
    let read = standing.iter().flatten().filter(|one| matches!(one, ArticleStanding::Read { .. }));
    assert_eq!(read.count(), 1, "{standing:?}");
    assert_eq!((press.asked("un"), press.asked_anew("deux")), (2, 3));
}

#[test]
fn what_a_site_demands_of_one_page_holds_for_the_others() {
    let press = Press::new();
    let later = || {
        let wire = "HTTP/1.1 429 Too Many\r\nRetry-After: 7200\r\nContent-Length: 0\r\n\r\n";
        Some(Reply::Wire(wire.into()))
    };
    press.publisher.posts("/rss", [press.post("un", later()), press.post("deux", later())]);
    let mill = Mill::start(&press.home, &press.clock);
    mill.lives_until(press.clock.now() + TimeDelta::minutes(110));
    assert_eq!(press.asked("un") + press.asked("deux"), 1, "one answer was enough");
    press.post("un", None);
    press.post("deux", None);
    mill.lives_until(press.clock.now() + TimeDelta::hours(3));
    let text = shown(&mill);
    assert!(text.contains("Texte de un") && text.contains("Texte de deux"), "{text}");
}

#[test]
fn an_edit_asks_no_page_again_and_another_link_asks_the_other_page() {
    let press = Press::new();
    let post = press.post("un", None);
    press.publisher.posts("/rss", [post.clone()]);
    let mill = Mill::start(&press.home, &press.clock);
    press.publisher.posts("/rss", [post.clone().saying("<p>Édité.</p>")]);
    mill.polls();
    assert_eq!(press.asked("un"), 1);
    assert!(shown(&mill).contains("Texte de un"), "the article stays shown");
    press.post("autre", None);
    press.publisher.posts("/rss", [post.at(&press.publisher.url("/autre"))]);
    mill.polls();
    assert_eq!((press.asked("un"), press.asked("autre")), (1, 1));
    assert!(shown(&mill).contains("Texte de autre"));
}

#[test]
fn hostile_pages_cost_their_own_article_only() {
    let press = Press::new();
    let path = press.home.path("feedmill.toml");
    let toml = std::fs::read_to_string(&path).expect("written");
    let toml = toml.replace("[fetch]\n", "[fetch]\ntimeout = \"2s\"\nmax_body = \"2MB\"\n");
    std::fs::write(&path, toml).expect("the home can be written");
    let text = page("x", "Texte").replace("<p>", "<p><b id=x>");
    let attributes: String = (0..100_000).map(|n| format!("a{n}=1 ")).collect();
    let hostile = [
        ("imbrications", Reply::Page("<div>".repeat(10_000) + &text)),
        ("attributs", Reply::Page(format!("<p {attributes}>{text}"))),
        ("tableaux", Reply::Page("<table><tr><td>".repeat(9_000) + &text)),
        ("lourde", Reply::Page("a".repeat(10_000_000))),
        ("muette", Reply::Stall),
        (
            "binaire",
            Reply::Wire(b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n%PDF".to_vec()),
        ),
        ("vide", Reply::Page(String::new())),
    ];
    let mut posts: Vec<Post> =
        hostile.into_iter().map(|(name, reply)| press.post(name, Some(reply))).collect();
    posts.push(press.post("bonne", None));
    press.publisher.posts("/rss", posts);
    let mill = Mill::start(&press.home, &press.clock);
    mill.lives_until(press.clock.now() + TimeDelta::hours(4));
    let standing: Vec<_> = (1..=8).filter_map(|entry| mill.article(entry)).collect();
    let failed = |one: &&ArticleStanding| matches!(one, ArticleStanding::Failed { .. });
    assert_eq!(standing.iter().filter(failed).count(), 7, "{standing:#?}");
    assert!(shown(&mill).contains("Texte de bonne, paragraphe 6"));
    assert!(mill.feed().trouble.is_none(), "the feed itself is well");
}

/// What must be left of the page that feedmill was conceived from, and what must not.
#[test]
fn the_article_that_feedmill_was_conceived_from_is_read_as_its_author_wrote_it() {
    let page = runner::variable("FEEDMILL_CORPORA")
        .and_then(|folder| std::fs::read_to_string(format!("{folder}/seed/page.html")).ok());
    let Some(page) = page else {
        return runner::skip("the seed's page", "FEEDMILL_CORPORA names no folder with seed in it");
    };
    let press = Press::new();
    let post = press.post("tiktok", Some(Reply::Page(page)));
    press.publisher.posts("/rss", [post.titled("TikTok : Microsoft hors-jeu")]);
    let mill = Mill::start(&press.home, &press.clock);
    let text = shown(&mill);
    for kept in [
        "Alors que l’offre de rachat de Microsoft a été refusée par ByteDance",
        "Solen Feyissa via Unsplash",
        "Le 6 août 2020, Donald Trump signait une ordonnance",
        "Si les raisons de ce refus restent encore troubles",
        "Oracle choisi comme",
        "partenaire technologique de confiance",
        "Moins d’une heure plus tard, nouveau rebondissement.",
        "avançait la date du 15 septembre 2020.",
        "tiktok.jpg",
    ] {
        assert!(text.contains(kept), "{kept} is gone: {text}");
    }
    for gone in [
        "Passer au contenu",
        "[amazon",
        "B01LXDNNBW",
        "abonnez-vous sur Google",
        "newsletter",
        "commentaires",
        "Facebook+Trump",
        "Partager sur",
        "À lire aussi",
        "theme-switch",
        "Mode<",
    ] {
        assert!(!text.contains(gone), "{gone} is left: {text}");
    }
}

#[test]
fn what_a_site_asks_of_robots_holds_for_pages_and_not_for_feeds() {
    let press = Press::new();
    let rules = "User-agent: feedmill\nDisallow: /un\nDisallow: /rss\n";
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n";
    press.publisher.answers("/robots.txt", Reply::Wire(format!("{head}{rules}").into_bytes()));
    let posts =
        ["un", "deux"].map(|name| press.post(name, Some(Reply::Page(page(name, "Un texte")))));
    press.publisher.posts("/rss", posts);
    let mill = Mill::start(&press.home, &press.clock);
    let asked = |path: &str| press.publisher.requests_for(path).len();
    assert_eq!((asked("/rss"), asked("/robots.txt"), asked("/un"), asked("/deux")), (1, 1, 0, 1));
    let refused = (1..=2).filter_map(|entry| {
        let standing = mill.article(entry)?;
        if let ArticleStanding::Failed { reason } = standing { Some(reason) } else { None }
    });
    let refused: Vec<String> = refused.collect();
    assert!(refused.len() == 1 && refused[0].contains("robots.txt"), "{refused:?}");
    mill.lives_until(press.clock.now() + TimeDelta::days(1));
    assert!(asked("/rss") > 1 && asked("/robots.txt") == 1, "feeds do not ask for it");
}

#[test]
fn each_hop_to_an_article_obeys_the_robots_txt_of_its_site() {
    let press = Press::new();
    let other = Publisher::on([127, 0, 0, 2]);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n";
    let rules = |lines: &str| Reply::Wire(format!("{head}User-agent: *\n{lines}").into_bytes());
    other.answers("/robots.txt", rules("Disallow: /closed\n"));
    press.publisher.answers("/robots.txt", rules("Disallow: /private\n"));
    press.post("private", None);
    for path in ["/open", "/closed"] {
        other.answers(path, Reply::Page(page("ailleurs", &format!("Texte de {path}"))));
    }
    for hop in 0..6 {
        let path = format!("/{hop}");
        let to = [&press.publisher, &other][(hop + 1) % 2].url(&format!("/{}", hop + 1));
        [&press.publisher, &other][hop % 2].answers(&path, Reply::Redirect(302, to));
    }
    let to = |to: String| Some(Reply::Redirect(302, to));
    let posts = [
        press.post("un", to(other.url("/open"))),
        press.post("deux", to(other.url("/closed"))),
        press.post("trois", to("/private".to_owned())),
        press.post("0", to(other.url("/1"))),
    ];
    press.publisher.posts("/rss", posts);
    let mill = Mill::start(&press.home, &press.clock);
    mill.lives_until(press.clock.now() + TimeDelta::days(1));
    let there = |path: &str| other.requests_for(path).len();
    assert_eq!((there("/robots.txt"), there("/open"), there("/closed")), (1, 1, 0));
    assert_eq!(press.asked("private"), 0, "nor where a redirect stays at home");
    let hops = (1..=6).map(|hop| there(&format!("/{hop}")) + press.asked(&hop.to_string()));
    let hops: Vec<_> = hops.collect();
    assert_eq!(hops[5], 0, "five hops in all, whoever made them: {hops:?}");
    assert!(hops[..5].iter().all(|asked| *asked == 3), "each of three attempts: {hops:?}");
    let text = shown(&mill);
    assert!(text.contains("Texte de /open") && text.contains("Body of deux."), "{text}");
}

#[test]
fn while_a_site_cannot_say_what_robots_may_read_its_articles_wait_and_lose_no_attempt() {
    let press = Press::new();
    press.publisher.answers("/robots.txt", Reply::Status(500));
    press.publisher.posts("/rss", ["un", "deux", "trois"].map(|name| press.post(name, None)));
    let mill = Mill::start(&press.home, &press.clock);
    mill.lives_until(press.clock.now() + TimeDelta::days(2));
    let waiting = |entry| match mill.article(entry) {
        Some(ArticleStanding::Waiting { attempts, reason, .. }) => (attempts, reason),
        other => panic!("{other:?}"),
    };
    for entry in 1..=3 {
        let (attempts, reason) = waiting(entry);
        assert!(attempts == 0 && reason.is_some_and(|why| why.contains("robots.txt")), "{entry}");
    }
    let robots = || press.publisher.requests_for("/robots.txt").len();
    assert!((7..=9).contains(&robots()), "more and more seldom, for all of them: {}", robots());
    press.publisher.answers("/robots.txt", Reply::Status(404));
    mill.lives_until(press.clock.now() + TimeDelta::days(1));
    assert!(["un", "deux", "trois"].iter().all(|name| press.asked(name) == 1));
    assert!(shown(&mill).contains("Texte de trois"));
}

#[test]
fn an_article_waits_for_robots_txt_for_a_week_and_not_for_ever() {
    let press = Press::new();
    press.publisher.answers("/robots.txt", Reply::Status(500));
    press.publisher.posts("/rss", [press.post("un", None)]);
    let mill = Mill::start(&press.home, &press.clock);
    mill.lives_until(press.clock.now() + TimeDelta::days(12));
    let standing = mill.article(1);
    let given_up = |reason: &str| reason.contains("robots.txt");
    let is_over = matches!(&standing, Some(ArticleStanding::Failed { reason }) if given_up(reason));
    assert!(is_over, "{standing:?}");
    assert_eq!(press.asked("un"), 0);
    let robots = press.publisher.requests_for("/robots.txt").len();
    assert!(robots < 20, "{robots}");
}
