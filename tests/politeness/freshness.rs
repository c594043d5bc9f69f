//! Freshness and wishes: what publishers say of when to come again only ever slows us down (P14, P15,
//! P36, P37).

use chrono::{TimeDelta, Timelike};

use super::town::{Seen, Town, hold, minutes, shortest};

pub(crate) fn p14() -> Seen {
    let town = Town::new();
    town.adds(&[("Cache-Control", "max-age=43200")]);
    let mill = town.mill();
    town.passes(&mill, TimeDelta::days(3));
    let (gaps, heard) = (town.gaps(), town.heard());
    let least = shortest(&gaps)?;
    hold(least >= TimeDelta::hours(12), || format!("again after {} min", least.num_minutes()))?;
    hold(heard.len() >= 5, || format!("{} requests in 3 days", heard.len()))?;
    let conditional = heard[1..].iter().all(|request| request.bytes("if-none-match").is_some());
    hold(conditional, || "the later ones were not answered 304".to_owned())?;
    Ok(format!("gaps {:?} min, all but the first after a 304", minutes(&gaps)))
}

/// After how many minutes a feed that says so is asked again.
fn asked_again(fields: &[(&str, &str)], channel: &str) -> Result<i64, String> {
    let town = Town::new();
    town.adds(fields);
    town.publisher.edit("/rss", |feed| feed.channel = channel.to_owned());
    let mill = town.mill();
    town.passes(&mill, TimeDelta::days(15));
    let gaps = town.gaps();
    gaps.first().map(TimeDelta::num_minutes).ok_or_else(|| "never again".to_owned())
}

/// What a feed says in its fields and in its channel, and after how many minutes it is asked again.
type Wish<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, i64);

fn expect(rows: &[Wish<'_>]) -> Seen {
    let mut seen = Vec::new();
    for (what, fields, channel, expected) in rows {
        let after = asked_again(fields, channel)?;
        hold(after == *expected, || format!("{what}: after {after} min, not {expected}"))?;
        seen.push(format!("{what} → {after}"));
    }
    Ok(format!("minutes: {}", seen.join(", ")))
}

pub(crate) fn p15() -> Seen {
    const CC: &str = "Cache-Control";
    expect(&[
        ("max-age=86400 at Age 40000", &[(CC, "max-age=86400"), ("Age", "40000")], "", 773),
        ("max-age=abc", &[(CC, "max-age=abc")], "", 60),
        ("max-age=-1", &[(CC, "max-age=-1")], "", 60),
        ("max-age=7200; x", &[(CC, "max-age=7200; x")], "", 60),
        ("MAX-AGE = \"7200\"", &[(CC, "MAX-AGE = \"7200\"")], "", 120),
        ("two fields", &[(CC, "max-age=7200"), (CC, "max-age=60")], "", 120),
        ("twenty digits", &[(CC, "max-age=99999999999999999999")], "", 20_160),
    ])
}

pub(crate) fn p36() -> Seen {
    let hours = |range: std::ops::RangeInclusive<u32>| -> String {
        let hours = range.map(|hour| format!("<hour>{hour}</hour>"));
        format!("<skipHours>{}</skipHours>", hours.collect::<String>())
    };
    let town = Town::new();
    let days = "<skipDays><day>Thursday</day><day>Nonday</day></skipDays>";
    let channel = format!("{}{days}", hours(6..=24));
    town.publisher.edit("/rss", |feed| feed.channel = channel);
    let mill = town.mill();
    town.passes(&mill, TimeDelta::days(4));
    let moments: Vec<_> = town.heard().iter().filter_map(|request| request.at).collect();
    // 24 is midnight; Thursday is left out; the first poll could not know.
    let free = moments
        .iter()
        .all(|at| (1..6).contains(&at.hour()) && at.format("%A").to_string() != "Thursday");
    hold(free && moments.len() > 4, || format!("asked at {moments:?}"))?;
    let all = asked_again(&[], &hours(0..=23))?;
    hold(all == 60, || format!("with every hour left out: after {all} min"))?;
    let town = Town::new();
    town.publisher.edit("/rss", |feed| feed.channel = hours(0..=23));
    let told = town.mill().feed().remarks.join("; ");
    hold(told.contains("leave no hour of the week"), || format!("not told: {told:?}"))?;
    Ok(format!(
        "{} polls, all from 1 to 6 h GMT and on no Thursday; a full list ignored, and told",
        moments.len()
    ))
}

pub(crate) fn p37() -> Seen {
    let sy = |inside: &str| {
        let namespace = "xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\"";
        inside
            .replace("<sy:updatePeriod>", &format!("<sy:updatePeriod {namespace}>"))
            .replace("<sy:updateFrequency>", &format!("<sy:updateFrequency {namespace}>"))
    };
    let often = sy("<sy:updatePeriod>hourly</sy:updatePeriod>\
                    <sy:updateFrequency>60</sy:updateFrequency>");
    let twice = sy("<sy:updatePeriod>daily</sy:updatePeriod>\
                    <sy:updateFrequency>2</sy:updateFrequency>");
    let daily = sy("<sy:updateFrequency>1</sy:updateFrequency>");
    expect(&[
        ("ttl 1", &[], "<ttl>1</ttl>", 60),
        ("ttl 150", &[], "<ttl>150</ttl>", 150),
        ("ttl 100000", &[], "<ttl>100000</ttl>", 20_160),
        ("ttl -5", &[], "<ttl>-5</ttl>", 60),
        ("ttl abc", &[], "<ttl>abc</ttl>", 60),
        ("hourly × 60", &[], &often, 60),
        ("daily × 2", &[], &twice, 720),
        ("sy without a period", &[], &daily, 1_440),
    ])
}
