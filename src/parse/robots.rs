//! What a site asks of robots: the rules of its robots.txt that are for feedmill (RFC 9309).
//!
//! The group of the longest name that is ours holds, else that of `*`; in it the rule with the longest
//! pattern, and of two alike the one that allows. What cannot be read is left out, as the RFC says.

/// Under which name feedmill is spoken of.
const NAME: &str = "feedmill";

/// How much of a file is read, in bytes (RFC 9309, section 2.5).
const MOST: usize = 500 * 1024;

/// How many rules are kept.
const MOST_RULES: usize = 10_000;

/// What keeping a piece of text costs beside its bytes.
const ALLOCATION: usize = 16;

/// The rules of one site that are for feedmill.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Robots {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allows: bool,
    pattern: String,
}

impl Robots {
    /// Reads a robots.txt, whatever its bytes.
    pub fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MOST)]);
        let (mut ours, mut of_all) = (Vec::new(), Vec::new());
        let (mut for_us, mut for_all, mut in_names, mut is_named) = (false, false, false, false);
        for line in text.trim_start_matches('\u{feff}').lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            if key == "user-agent" {
                if !in_names {
                    (for_us, for_all) = (false, false);
                }
                in_names = true;
                for_us |= is_ours(value);
                for_all |= value == "*";
                is_named |= for_us;
                continue;
            }
            let allows = match key.as_str() {
                "allow" => true,
                "disallow" => false,
                // Sitemaps and the like end no group.
                _ => continue,
            };
            in_names = false;
            let rule = Rule { allows, pattern: value.to_owned() };
            if value.is_empty() || ours.len() + of_all.len() >= MOST_RULES {
                continue;
            }
            if for_us {
                ours.push(rule.clone());
            }
            if for_all {
                of_all.push(rule);
            }
        }
        let mut rules = if is_named { ours } else { of_all };
        rules.shrink_to_fit();
        Self { rules }
    }

    /// How much memory the rules take, in bytes, near enough.
    pub fn weight(&self) -> usize {
        self.rules.iter().map(|rule| size_of::<Rule>() + ALLOCATION + rule.pattern.len()).sum()
    }

    /// Whether a robot may ask for `path`, its query included.
    pub fn allow(&self, path: &str) -> bool {
        let fitting = self.rules.iter().filter(|rule| fits(&rule.pattern, path));
        let longest = fitting.max_by_key(|rule| (rule.pattern.len(), rule.allows));
        longest.is_none_or(|rule| rule.allows)
    }
}

/// Whether a group's name is ours: with or without a version behind it.
fn is_ours(name: &str) -> bool {
    let product = name.split(['/', ' ']).next().unwrap_or_default();
    product.eq_ignore_ascii_case(NAME)
}

/// Whether `path` begins as `pattern` says, in which `*` is anything and `$` at the end is the end.
fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, to_the_end) = match pattern.strip_suffix('$') {
        Some(start) => (start, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    if !to_the_end {
        // The first place will do for each: what follows it only gets longer.
        return parts.iter().all(|part| match rest.find(part) {
            Some(at) => {
                rest = &rest[at + part.len()..];
                true
            }
            None => false,
        });
    }
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_rule_of_our_group_holds() {
        let file = b"\xef\xbb\xbfUser-Agent: *\nDisallow: /private\n\
            # another group\nuser-agent: FeedMill/1.0\nUser-agent: other\nDisallow: /a/\n\
            Allow: /a/b\nDisallow: /*.pdf$\nDisallow: /q?*x=1\nSitemap: /s.xml\nDisallow:\n";
        let robots = Robots::read(file);
        for (path, allowed) in [
            ("/", true),
            ("/private", true),
            ("/a/", false),
            ("/a/b/c", true),
            ("/a/c", false),
            ("/x/y.pdf", false),
            ("/x/y.pdf?z", true),
            ("/q?y=2&x=1", false),
            ("/q?y=2", true),
        ] {
            assert_eq!(robots.allow(path), allowed, "{path}");
        }
        assert!(!Robots::read(b"User-agent: *\nDisallow: /\n").allow("/x"));
        assert!(Robots::read(b"User-agent: feedmill\nUser-agent: *\nAllow: /\n").allow("/x"));
        assert!(
            Robots::read(b"User-agent: *\nDisallow: /\nUser-agent: feedmill\nDisallow:")
                .allow("/x")
        );
        assert!(Robots::read(b"Disallow: /\n<html>\xff\0").allow("/x"));
    }

    #[test]
    fn of_rules_alike_the_one_that_allows_holds() {
        let robots = Robots::read(b"User-agent: *\nDisallow: /x\nAllow: /x\n");
        assert!(robots.allow("/x"));
    }

    #[test]
    fn only_what_is_for_us_is_kept_and_weighs() {
        let others = "User-agent: other\nDisallow: /a/long/way\n".repeat(1_000);
        let of_all = "User-agent: *\nDisallow: /b\n";
        let ours = "User-agent: feedmill\nDisallow: /c\n";
        assert_eq!(Robots::read(others.as_bytes()).weight(), 0);
        let one = Robots::read(of_all.as_bytes()).weight();
        assert!((50..100).contains(&one), "{one}");
        assert_eq!(Robots::read(format!("{others}{of_all}{ours}").as_bytes()).weight(), one);
        let many = format!("User-agent: *\n{}", "Disallow: /b\n".repeat(30_000));
        assert_eq!(Robots::read(many.as_bytes()).weight(), one * MOST_RULES);
    }

    #[test]
    fn a_pattern_made_to_cost_much_does_not() {
        let file = format!("User-agent: *\nDisallow: /{}b$\n", "a*".repeat(10_000));
        assert!(Robots::read(file.as_bytes()).allow(&format!("/{}", "a".repeat(8_000))));
    }
}
