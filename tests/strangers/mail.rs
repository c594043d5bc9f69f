//! Letters on the way they take in the world: to Postfix, into a mailbox, to a mail program that asks
//! Dovecot for them.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::world::feed::Post;
use crate::world::home::{self, Home, free_port};
use crate::world::mailbox::Letter;
use crate::world::program::feedmill;
use crate::world::publisher::Publisher;
use crate::world::servers;

/// How long a server may take to start or a letter to arrive, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// nobody and nogroup on Debian.
const NOBODY: u32 = 65_534;

/// Postfix and Dovecot of a test's own, with one mailbox for everybody at exemple.fr. Dropping it
/// stops both.
struct PostOffice {
    folder: PathBuf,
    smtp: u16,
    imap: u16,
}

impl PostOffice {
    fn open(folder: &Path) -> Self {
        let office = Self { folder: folder.to_owned(), smtp: free_port(), imap: free_port() };
        for part in ["etc", "queue", "data", "mail", "run"] {
            std::fs::create_dir(folder.join(part)).expect("a fresh folder");
        }
        // Both run their parts as users of their own.
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder, open).expect("a folder of ours");
        std::os::unix::fs::chown(folder.join("mail"), Some(NOBODY), Some(NOBODY)).expect("as root");
        office.write("etc/main.cf", &office.main_cf());
        office.write("etc/master.cf", &office.master_cf());
        office.write("dovecot.conf", &office.dovecot_conf());
        let own = Command::new("chown").args(["postfix", "data"]).current_dir(folder).status();
        assert!(own.is_ok_and(|status| status.success()), "the user postfix is there");
        office.run("/usr/sbin/postfix", &["-c", &office.path("etc"), "start"]);
        office.run("/usr/sbin/dovecot", &["-c", &office.path("dovecot.conf")]);
        office
    }

    fn path(&self, part: &str) -> String {
        self.folder.join(part).display().to_string()
    }

    fn write(&self, part: &str, text: &str) {
        std::fs::write(self.folder.join(part), text).expect("a folder of ours");
    }

    /// Runs a command to its end. It must not hold our pipes: what it starts stays.
    fn run(&self, program: &str, words: &[&str]) {
        let said = std::fs::File::create(self.path("said")).expect("a folder of ours");
        let copy = said.try_clone().expect("an open file");
        let mut command = Command::new(program);
        command.args(words).stdin(Stdio::null()).stdout(said).stderr(copy);
        let status = command.status().expect("it starts");
        assert!(status.success(), "{program} {words:?}: {status}\n{}", self.log());
    }

    fn log(&self) -> String {
        let logs = ["said", "postfix.log", "dovecot.log"]
            .map(|log| std::fs::read_to_string(self.path(log)));
        logs.into_iter().flatten().collect()
    }

    fn main_cf(&self) -> String {
        let folder = self.folder.display();
        format!(
            "compatibility_level = 3.6\nqueue_directory = {folder}/queue\n\
             data_directory = {folder}/data\nmaillog_file = {folder}/postfix.log\n\
             maillog_file_prefixes = {folder}\ninet_interfaces = 127.0.0.1\n\
             inet_protocols = ipv4\nmyhostname = relay.exemple.fr\nmydestination =\n\
             mynetworks = 127.0.0.0/8\nsmtpd_relay_restrictions = permit_mynetworks, reject\n\
             alias_maps =\nlocal_recipient_maps =\nvirtual_mailbox_domains = exemple.fr\n\
             virtual_mailbox_base = {folder}/mail\nvirtual_mailbox_maps = static:box/\n\
             virtual_uid_maps = static:{NOBODY}\nvirtual_gid_maps = static:{NOBODY}\n\
             default_transport = error:nothing leaves this machine\n"
        )
    }

    fn master_cf(&self) -> String {
        let inner = [
            ("cleanup", "unix n - n - 0", "cleanup"),
            ("qmgr", "unix n - n 300 1", "qmgr"),
            ("rewrite", "unix - - n - -", "trivial-rewrite"),
            ("bounce", "unix - - n - 0", "bounce"),
            ("defer", "unix - - n - 0", "bounce"),
            ("trace", "unix - - n - 0", "bounce"),
            ("error", "unix - - n - -", "error"),
            ("retry", "unix - - n - -", "error"),
            ("proxymap", "unix - - n - -", "proxymap"),
            ("virtual", "unix - n n - -", "virtual"),
            ("anvil", "unix - - n - 1", "anvil"),
            ("postlog", "unix-dgram n - n - 1", "postlogd"),
        ];
        let line = |(name, how, program): (&str, &str, &str)| format!("{name} {how} {program}\n");
        let smtp = format!("127.0.0.1:{} inet n - n - - smtpd\n", self.smtp);
        smtp + &inner.map(line).concat()
    }

    fn dovecot_conf(&self) -> String {
        let folder = self.folder.display();
        format!(
            "base_dir = {folder}/run\nstate_dir = {folder}/run\nlog_path = {folder}/dovecot.log\n\
             protocols = imap\nlisten = 127.0.0.1\nssl = no\ndisable_plaintext_auth = no\n\
             mail_location = maildir:{folder}/mail/box\nfirst_valid_uid = {NOBODY}\n\
             first_valid_gid = {NOBODY}\n\
             passdb {{\n  driver = static\n  args = password=secret\n}}\n\
             userdb {{\n  driver = static\n  args = uid={NOBODY} gid={NOBODY} home={folder}/mail\n}}\n\
             service imap-login {{\n  inet_listener imap {{\n    port = {}\n  }}\n  \
             inet_listener imaps {{\n    port = 0\n  }}\n}}\n",
            self.imap
        )
    }

    /// The letters in the mailbox, as soon as there are `count`.
    fn letters(&self, count: usize) -> Vec<Letter> {
        let begun = Instant::now();
        loop {
            let letters = fetch_all(self.imap).unwrap_or_default();
            if letters.len() >= count {
                return letters;
            }
            assert!(begun.elapsed() < PATIENCE, "{} letters\n{}", letters.len(), self.log());
            thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for PostOffice {
    fn drop(&mut self) {
        for (program, words) in [
            ("/usr/sbin/postfix", ["-c".to_owned(), self.path("etc"), "stop".to_owned()]),
            ("/usr/sbin/dovecot", ["-c".to_owned(), self.path("dovecot.conf"), "stop".to_owned()]),
        ] {
            let mut command = Command::new(program);
            let _ = command.args(words).stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }
}

/// Every letter of the mailbox, by IMAP (RFC 9051).
fn fetch_all(port: u16) -> io::Result<Vec<Letter>> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut stream = BufReader::new(stream);
    stream.read_line(&mut String::new())?;
    let mut letters = Vec::new();
    for order in ["LOGIN zoe secret", "SELECT INBOX", "FETCH 1:* BODY.PEEK[]", "LOGOUT"] {
        write!(stream.get_mut(), "x {order}\r\n")?;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let literal = line.trim_end().strip_suffix('}').and_then(|rest| rest.rsplit_once('{'));
            if let Some(length) = literal.and_then(|(_, length)| length.parse().ok()) {
                let mut bytes = vec![0; length];
                stream.read_exact(&mut bytes)?;
                letters.push(Letter::read(&bytes));
            }
            if line.starts_with("x ") {
                break;
            }
        }
    }
    Ok(letters)
}

/// A letter as Python's `email` reads it.
#[derive(Debug, Deserialize)]
struct Decoded {
    subject: String,
    /// Name and mailbox.
    from: [String; 2],
    /// The whole and its parts.
    parts: Vec<String>,
    text: String,
    html: String,
    /// The names of all headers, in lower case.
    headers: Vec<String>,
    defects: Vec<String>,
}

/// What every letter says about itself. A relay adds others.
const HEADERS: [&str; 9] = [
    "date",
    "from",
    "to",
    "subject",
    "message-id",
    "list-id",
    "auto-submitted",
    "mime-version",
    "content-type",
];

fn html_unescaped(html: &str) -> String {
    html.replace("&#39;", "'").replace("&amp;", "&")
}

fn decode(letter: &[u8]) -> Decoded {
    let mut python = Command::new(servers::python())
        .args(["-c", include_str!("letter.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    // Dropped at once: an end of the letter is what it waits for.
    python.stdin.take().expect("it is piped").write_all(letter).expect("it listens");
    let output = python.wait_with_output().expect("it ends");
    serde_json::from_slice(&output.stdout).expect("JSON, as letter.py prints it")
}

#[test]
fn an_edition_travels_through_postfix_to_a_mail_program() {
    let test = "an edition travels through postfix";
    // Where feedparser is, Python is.
    let programs = ["postfix", "dovecot", "feedparser"];
    if !servers::present(test, &programs) || !servers::as_root(test) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder of its own");
    let office = PostOffice::open(folder.path());
    let publisher = Publisher::start();
    let title = "«\u{a0}Été à Nîmes\u{a0}» : 1\u{202f}000\u{a0}€ d'œufs 🎄";
    let body = "Corps & âme, « déjà » pour 5 € 👩‍👩‍👧.";
    let endless = "œ".repeat(3_000);
    let far = format!("https://exemple.fr/{}", "a/".repeat(700));
    // The last of a document is its oldest and leads.
    let posts = [
        Post::new("1").titled("Une ligne sans fin").saying(&endless),
        Post::new("2").titled("Une adresse sans fin").at(&far).saying("<p>.</p>"),
        Post::new("3").titled(title).saying(&format!("<p>{}</p>", body.replace('&', "&amp;"))),
    ];
    publisher.posts("/rss", posts);
    let home = Home::new();
    home.configure(
        &[publisher.url("/rss")],
        home::Post::Relay(office.smtp),
        "[[newsletter]]\nname = \"matin\"\ntitle = \"Le matin d'Éloïse\"\nat = \"06:30\"\n\
         timezone = \"Europe/Paris\"\nlanguage = \"fr\"\n\
         from = \"Éloïse & Cie <moulin@exemple.fr>\"\n\
         to = [\"zoe@exemple.fr\", \"ali@exemple.fr\"]\n",
    );
    assert_eq!(feedmill(&home, &["refresh", "--all"]).code, Some(0));
    let sent = feedmill(&home, &["newsletter", "send", "matin"]);
    assert_eq!(sent.code, Some(0), "{}\n{}", sent.stderr, office.log());

    let letters = office.letters(2);
    assert_eq!(letters.len(), 2);
    let mut to: Vec<String> = letters.iter().flat_map(|letter| letter.to.clone()).collect();
    to.sort();
    assert_eq!(to, ["ali@exemple.fr", "zoe@exemple.fr"]);
    for letter in &letters {
        assert!(letter.message_id.ends_with("@exemple.fr"), "{}", letter.message_id);
        let returned = letter.header("return-path").unwrap_or_default();
        assert!(returned.contains("moulin@exemple.fr"), "{returned}");
        let longest = letter.bytes.split(|byte| *byte == b'\n').map(<[u8]>::len).max();
        // RFC 5322, section 2.1.1: 998 octets before CRLF, of which the CR is still there.
        assert!(longest <= Some(999), "{longest:?}");

        let read = decode(&letter.bytes);
        assert_eq!(read.defects, [""; 0]);
        assert!(read.subject.starts_with(&format!("{title}, et 2 autres · ")), "{}", read.subject);
        assert_eq!(read.from, ["Éloïse & Cie", "moulin@exemple.fr"]);
        assert_eq!(read.parts, ["multipart/alternative", "text/plain", "text/html"]);
        for part in [&read.text, &html_unescaped(&read.html)] {
            for words in [title, body, &far, "Le matin d'Éloïse"] {
                assert!(part.contains(words), "{words}\n{part}");
            }
        }
        for name in HEADERS {
            assert_eq!(read.headers.iter().filter(|header| *header == name).count(), 1, "{name}");
        }
    }
}
