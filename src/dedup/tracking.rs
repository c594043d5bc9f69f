//! Query parameters that say where a reader came from, not what is to be read.
//!
//! A flat table, own work, of what publishers and their mailers, social networks and audience
//! meters append, French ones included (AT Internet `at_*` and `xtor`, Matomo `mtm_*`, Echobox).
//! Names that some sites use for content (`ref`, `source`, `from`) count only with a value that can
//! be nothing but an origin. Names are compared without regard to case.

/// Beginnings of names.
const PREFIXES: &[&str] = &[
    "utm_",    // Urchin, Google Analytics and all who copied it
    "at_",     // AT Internet, Piano: at_medium, at_campaign
    "mc_",     // Mailchimp: mc_cid, mc_eid
    "pk_",     // Piwik
    "mtm_",    // Matomo
    "matomo_", // Matomo
    "hsa_",    // HubSpot
    "_hs",     // HubSpot: _hsenc, _hsmi
    "ns_",     // Comscore: ns_mchannel, ns_source, ns_campaign
    "fb_",     // Facebook: fb_action_ids, fb_ref
    "oly_",    // Omeda
    "vero_",   // Vero
    "itm_",    // in-house campaigns in the manner of utm_
    "trk_",    // the same
    "xtor",    // AT Internet before 2016
    "guce_",   // Yahoo consent
    "amp_",    // AMP caches: amp_js_v, amp_gsa
];

/// Whole names.
const NAMES: &[&str] = &[
    "__s",
    "__twitter_impression",
    "_amp",
    "_branch_match_id",
    "_ga",
    "_gl",
    "_ke",
    "_kx",
    "_openstat",
    "bxid",
    "cmpid",
    "dclid",
    "echobox",
    "emc",
    "epik",
    "fbclid",
    "gbraid",
    "gclid",
    "gclsrc",
    "guccounter",
    "icid",
    "igsh",
    "igshid",
    "li_fat_id",
    "mibextid",
    "mkt_tok",
    "ml_subscriber",
    "ml_subscriber_hash",
    "msclkid",
    "ncid",
    "nr_email_referer",
    "ocid",
    "rb_clickid",
    "rdt_cid",
    "ref_src",
    "ref_url",
    "s_cid",
    "s_kwcid",
    "sfnsn",
    "smid",
    "smtyp",
    "sr_share",
    "srsltid",
    "ttclid",
    "twclid",
    "usqp",
    "vgo_ee",
    "wbraid",
    "wickedid",
    "wt.mc_id",
    "wt.rss_a",
    "wt.rss_f",
    "wt_mc",
    "xtcr",
    "xtmc",
    "xtnp",
    "xtref",
    "yclid",
];

/// Names that say an origin only together with one of [`ORIGINS`].
const AMBIGUOUS: &[&str] = &[
    "campaign", "cmp", "feature", "from", "medium", "origin", "origine", "partner", "ref",
    "referer", "referrer", "source", "src", "via",
];

/// What an ambiguous name's value must be, or begin with, followed by no letter or digit.
const ORIGINS: &[&str] = &[
    "atom",
    "bluesky",
    "emailshare",
    "emb_share",
    "facebook",
    "feed",
    "feedburner",
    "flipboard",
    "flux",
    "fluxrss",
    "googlenews",
    "linkedin",
    "mail",
    "mastodon",
    "newsletter",
    "reddit",
    "rss",
    "rss1",
    "rss2",
    "rssfeed",
    "share",
    "social",
    "twitter",
    "whatsapp",
    "x.com",
    "youtu.be",
];

/// Names that ask for the AMP form of a page, each with the values that do.
const AMP: &[(&str, &[&str])] =
    &[("amp", &["", "1", "true"]), ("outputtype", &["amp"]), ("view", &["amp"])];

/// Whether `parameter`, as `name=value` or `name`, says nothing about what is to be read.
pub fn is_tracking(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    let (name, value) = (name.to_ascii_lowercase(), value.to_ascii_lowercase());
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || NAMES.binary_search(&name.as_str()).is_ok()
        || AMP.iter().any(|(amp, values)| name == *amp && values.contains(&value.as_str()))
        || (AMBIGUOUS.contains(&name.as_str()) && is_origin(&value))
}

fn is_origin(value: &str) -> bool {
    ORIGINS.iter().any(|origin| {
        value
            .strip_prefix(origin)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_for_the_search() {
        assert!(NAMES.is_sorted());
    }

    #[test]
    fn origins_are_told_from_contents() {
        for (parameter, tracking) in [
            ("utm_source=rss", true),
            ("UTM_Medium=x", true),
            ("at_medium=RSS", true),
            ("xtor=RSS-3208", true),
            ("mc_eid=0", true),
            ("fbclid=IwAR0", true),
            ("ref=rss", true),
            ("source=rss_feed", true),
            ("ref=twitter-card", true),
            ("amp", true),
            ("amp=1", true),
            ("outputType=amp", true),
            ("partner=rssnyt", false),
            ("id=42", false),
            ("p=1", false),
            ("v=dQw4w9WgXcQ", false),
            ("ref=main", false),
            ("ref=v1.2", false),
            ("source=reuters", false),
            ("from=2024-01-01", false),
            ("amp=50", false),
            ("article", false),
            ("12345", false),
            ("cid=9", false),
            ("t=120", false),
        ] {
            assert_eq!(is_tracking(parameter), tracking, "{parameter}");
        }
    }
}
