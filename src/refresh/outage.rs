//! Telling an outage of our own from feeds that fail: when most of the last hosts asked, all of them
//! well before, do not answer, and none elsewhere does meanwhile, it is we who are offline.
//!
//! While that lasts, for [`LONGEST_PARDON`] at most, nothing is held against any feed, and one host is
//! asked at a time, with growing pauses. It is over as soon as one host answers that was silent, or
//! that is not at home: hosts at home may answer all the while. Who stays silent after that has
//! trouble of its own, and says nothing of us until it answers again.

use std::collections::{HashSet, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::feed::{Feed, Standing};
use crate::model::outcome::{FailureClass, Outcome};
use crate::model::url::Site;

/// How many sites are looked at: those that were asked last.
pub const SAMPLE: usize = 8;
/// How many of them must be silent at least, if there are no more than a few.
pub const FEWEST: usize = 3;
/// How many of four must be.
const OF_FOUR: usize = 3;
/// How long ago a site may have been asked; who has failed for longer says nothing.
pub const WINDOW: TimeDelta = TimeDelta::minutes(60);
/// The pause after the first host that is asked in an outage; it doubles.
pub const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(30);
/// The longest pause.
pub const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(10);
/// For how long an outage excuses failures: whatever it is then, the operator should see who fails.
pub const LONGEST_PARDON: TimeDelta = TimeDelta::hours(24);
/// How far apart feeds that became due meanwhile are asked afterwards.
pub const RETURN_GAP: TimeDelta = TimeDelta::seconds(1);
/// How long that may take together.
pub const LONGEST_RETURN: TimeDelta = TimeDelta::hours(1);

/// What a fetch says of the way to its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Something came back.
    Answered,
    /// Nothing did, or not to its end.
    Silent,
    /// Nothing can be told from it.
    None,
}

/// What `outcome` says of the way to the host of `feed`, as it was before.
pub fn sign(feed: &Feed, outcome: &Outcome, now: DateTime<Utc>) -> Sign {
    let class = match outcome {
        Outcome::Failed(failure) => failure.class,
        Outcome::Fresh(_) | Outcome::Unchanged(_) | Outcome::Gone => return Sign::Answered,
    };
    let is_chronic = match &feed.state.standing {
        Standing::Failing { since, .. } => *since < now - WINDOW,
        Standing::New | Standing::Healthy | Standing::Gone { .. } => false,
    };
    match class {
        // Who never answered may not exist.
        FailureClass::Network if is_chronic || !feed.state.polled_before => Sign::None,
        FailureClass::Network => Sign::Silent,
        FailureClass::Guard => Sign::None,
        FailureClass::Server
        | FailureClass::Throttled
        | FailureClass::Client
        | FailureClass::Body
        | FailureClass::Document => Sign::Answered,
    }
}

/// Whether nothing came back.
pub fn is_silent(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(failure) if failure.class == FailureClass::Network)
}

/// What a sign changed.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Nothing.
    Nothing,
    /// An outage is noticed: these feeds were punished for it, and stand here as they were before.
    Begins {
        /// Since when nobody answers.
        since: DateTime<Utc>,
        /// Whom to pardon.
        punished: Vec<Feed>,
    },
    /// It is over.
    Ends {
        /// Since when nobody answered.
        since: DateTime<Utc>,
    },
}

/// What is remembered of the last hosts.
#[derive(Debug, Default)]
pub struct Watch {
    /// The last sign of each site, the newest last.
    last: VecDeque<(Site, DateTime<Utc>, bool)>,
    punished: VecDeque<(DateTime<Utc>, Feed)>,
    /// Who did not answer in the outage that lasts, or in one that is over and never since.
    silent: HashSet<Site>,
    lost: Option<Lost>,
    /// When the last outage ended.
    ended: Option<DateTime<Utc>>,
}

#[derive(Debug)]
struct Lost {
    since: DateTime<Utc>,
    /// From when on it excuses; later than it began if a restart came between, for before that it is
    /// known only that it was never seen to end.
    excuses_from: DateTime<Utc>,
    pauses: u32,
    next_probe: DateTime<Utc>,
    /// Whether it was noticed before a restart and all that is asked is at home: who was silent then
    /// is not known, and nobody else can say that it is over.
    is_home_believed: bool,
}

impl Lost {
    fn new(since: DateTime<Utc>, next_probe: DateTime<Utc>, is_home_believed: bool) -> Self {
        Self { since, excuses_from: since, pauses: 0, next_probe, is_home_believed }
    }
}

impl Watch {
    /// An outage was noticed before a restart, and its end was not: one host is asked at `now`, and what
    /// fails from then on is excused. `all_at_home` is whether no site that is asked is a public one.
    pub fn resume(&mut self, since: DateTime<Utc>, all_at_home: bool, now: DateTime<Utc>) {
        self.lost = Some(Lost { excuses_from: now, ..Lost::new(since.min(now), now, all_at_home) });
    }

    /// The last outage ended before a restart at `now`.
    pub fn resume_return(&mut self, ended: DateTime<Utc>, now: DateTime<Utc>) {
        self.ended = Some(ended.min(now));
    }

    /// Whether feeds still come back at `now` that became due in an outage.
    pub fn is_returning(&self, now: DateTime<Utc>) -> bool {
        let since = |ended: DateTime<Utc>| now - ended;
        self.ended.map(since).is_some_and(|since| since < LONGEST_RETURN)
    }

    /// Learns from a sign of `site`, one of so many `sites`.
    pub fn note(&mut self, site: &Site, sign: Sign, sites: usize, now: DateTime<Utc>) -> Change {
        match sign {
            Sign::Answered => self.answers(site, now),
            Sign::Silent if self.lost.is_some() || !self.silent.contains(site) => {
                self.is_silent(site, sites, now)
            }
            Sign::Silent | Sign::None => {
                self.pause(true, now);
                Change::Nothing
            }
        }
    }

    fn answers(&mut self, site: &Site, now: DateTime<Utc>) -> Change {
        self.remember(site, false, now);
        let is_back = self.silent.remove(site);
        match self.lost.take_if(|lost| is_back || lost.is_home_believed || site.is_public()) {
            Some(lost) => {
                self.ended = Some(now);
                self.last.retain(|(.., silent)| !silent);
                Change::Ends { since: lost.since }
            }
            None => {
                self.pause(false, now);
                Change::Nothing
            }
        }
    }

    fn is_silent(&mut self, site: &Site, sites: usize, now: DateTime<Utc>) -> Change {
        self.remember(site, true, now);
        if self.lost.is_some() {
            self.silent.insert(site.clone());
            self.pause(true, now);
            return Change::Nothing;
        }
        let since = match self.first_of_silence(sites) {
            Some(since) => since,
            None => return Change::Nothing,
        };
        let silent = self.last.iter().filter(|(.., silent)| *silent);
        self.silent.extend(silent.map(|(site, ..)| site.clone()));
        let next_probe = now + FIRST_PAUSE;
        self.lost = Some(Lost::new(since, next_probe, false));
        let punished = self.punished.drain(..).filter(|(at, _)| *at >= since);
        Change::Begins { since, punished: punished.map(|(_, feed)| feed).collect() }
    }

    fn remember(&mut self, site: &Site, is_silent: bool, now: DateTime<Utc>) {
        self.last
            .retain(|(other, at, _)| other != site && (self.lost.is_some() || *at > now - WINDOW));
        self.last.push_back((site.clone(), now, is_silent));
        if self.last.len() > SAMPLE {
            self.last.pop_front();
        }
    }

    /// Whether a failure at `now` is not to be held against its feed.
    pub fn excuses(&self, now: DateTime<Utc>) -> bool {
        self.lost.as_ref().is_some_and(|lost| now - lost.excuses_from < LONGEST_PARDON)
    }

    /// Remembers that a failure is held against a feed, which is given as it was before; in an outage
    /// it comes back, to be pardoned.
    pub fn punish(&mut self, before: Feed, now: DateTime<Utc>) -> Option<Feed> {
        if self.excuses(now) {
            return Some(before);
        }
        self.punished.retain(|(at, feed)| *at > now - WINDOW && feed.id != before.id);
        self.punished.push_back((now, before));
        None
    }

    /// When a host may be asked again, in an outage.
    pub fn next_probe(&self) -> Option<DateTime<Utc>> {
        self.lost.as_ref().map(|lost| lost.next_probe)
    }

    /// The clock was set back to `now`: no pause is longer for it, and what was seen was seen now.
    pub fn set_back(&mut self, now: DateTime<Utc>) {
        for (_, at, _) in &mut self.last {
            *at = now.min(*at);
        }
        self.ended = self.ended.map(|ended| ended.min(now));
        if let Some(lost) = &mut self.lost {
            lost.next_probe = lost.next_probe.min(now + LONGEST_PAUSE);
            lost.since = lost.since.min(now);
            lost.excuses_from = lost.excuses_from.min(now);
        }
    }

    fn pause(&mut self, is_silent: bool, now: DateTime<Utc>) {
        let Some(lost) = &mut self.lost else { return };
        lost.pauses = if is_silent { lost.pauses.saturating_add(1) } else { 0 };
        let pause = FIRST_PAUSE * 2_i32.pow(lost.pauses.min(5));
        lost.next_probe = if is_silent { now + pause.min(LONGEST_PAUSE) } else { now };
    }

    /// Since when nobody answers, if that can be said: of what may come in no order, the first few say
    /// nothing of the rest, and what is silent while others answer says nothing of us.
    fn first_of_silence(&self, sites: usize) -> Option<DateTime<Utc>> {
        let fewest = FEWEST.max((sites.min(SAMPLE) * OF_FOUR).div_ceil(4));
        let online = self.last.iter().rposition(|(site, _, silent)| !silent && site.is_public());
        let after = self.last.iter().skip(online.map_or(0, |online| online + 1));
        let silent: Vec<_> = after.filter(|(.., silent)| *silent).map(|(_, at, _)| *at).collect();
        let is_silence = silent.len() >= fewest && silent.len() * 4 >= self.last.len() * OF_FOUR;
        silent.first().copied().filter(|_| is_silence)
    }
}

/// How far apart so many feeds are asked after an outage.
pub fn gap(feeds: usize) -> TimeDelta {
    let feeds = i32::try_from(feeds.max(1)).unwrap_or(i32::MAX);
    RETURN_GAP.min(LONGEST_RETURN / feeds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::feed::{FeedId, FeedState};
    use crate::model::outcome::Failure;
    use crate::model::url::FeedUrl;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
    }

    fn feed(number: usize) -> Feed {
        let url = FeedUrl::parse(&format!("https://site-{number}.example/feed")).expect("a URL");
        let state = FeedState { polled_before: true, ..FeedState::new(at(0)) };
        Feed { id: FeedId(number as i64), url, generation: 0, state }
    }

    /// Plays signs of sites, one a minute, written as `+3` for an answer of site 3 and `-3` for its
    /// silence, at home with `*3` for an answer; gives the changes, written as the place where they come: `<` and `>`.
    fn play(sites: usize, signs: &str) -> String {
        let mut watch = Watch::default();
        let mut told = Vec::new();
        for (minute, sign) in signs.split_whitespace().enumerate() {
            let number: usize = sign[1..].parse().expect("a number");
            let what = if sign.starts_with('-') { Sign::Silent } else { Sign::Answered };
            let now = at(minute as i64 * 60);
            let mut site = feed(number).url.site();
            if sign.starts_with('*') {
                site = FeedUrl::parse("http://192.168.1.9/feed").expect("a URL").site();
            }
            match watch.note(&site, what, sites, now) {
                Change::Nothing => {}
                Change::Begins { .. } => told.push(format!("{minute}<")),
                Change::Ends { .. } => told.push(format!("{minute}>")),
            }
        }
        told.join(" ")
    }

    #[test]
    fn most_hosts_at_once_are_an_outage_and_one_is_not() {
        for (sites, signs, told) in [
            (1, "-1 -1 -1 -1 -1", ""),
            (2, "-1 -2 -1 -2", ""),
            (3, "-1 -2", ""),
            (3, "-1 -2 -3", "2<"),
            (3, "-1 -2 -3 +1", "2< 3>"),
            // Who stays silent has trouble of its own, until it answers again.
            (3, "-1 -2 -3 +1 -1 -2 -3", "2< 3>"),
            (3, "-1 -2 -3 +1 +2 +3 -1 -2 -3", "2< 3> 8<"),
            (4, "+4 -1 -2 -3 +4 -1 -2 -3 +4 -1 -2 -3", "3< 4>"),
            (4, "-1 -2 +4 -3 -1 -2 +4 -3", "5< 6>"),
            // Of many, the first to fail are not most.
            (20, "-1 -2 -3 -4 -5", ""),
            (20, "-1 -2 -3 -4 -5 -6", "5<"),
            (20, "+1 +2 +3 +4 +5 -6 -7 -8", ""),
            (20, "+1 +2 +3 +4 +5 +6 +7 +8 -1 -2 -3 -4 -5 -6", "13<"),
            (20, "+1 +2 +3 +4 +5 +6 +7 +8 -1 -2 -3 -4 -5", ""),
            (20, "-1 +2 -3 +4 -5 +6 -7 +8 -9 +10 -11", ""),
            // A host at home answers all the while.
            (20, "*9 -1 -2 -3 *9 -4 -5 -6 *9 -7", "7<"),
            (20, "*9 -1 -2 -3 *9 -4 -5 -6 *9 -7 *9 +8", "7< 11>"),
            (20, "+9 -1 -2 -3 +9 -4 -5 -6 +9 -7", ""),
            (20, "-1 -2 -3 -4 -5 -6 -7 -8 +9 -10", "5< 8>"),
            (20, "-1 -2 -3 -4 -5 -6 -7 -8 +1 +2 +3", "5< 8>"),
        ] {
            assert_eq!(play(sites, signs), told, "{signs}");
        }
    }

    #[test]
    fn old_signs_are_forgotten_but_not_in_an_outage() {
        let (mut watch, day) = (Watch::default(), 86_400);
        let mut silent = |number: usize, now| {
            let site = feed(number).url.site();
            matches!(watch.note(&site, Sign::Silent, 3, at(now)), Change::Begins { .. })
        };
        let hours_apart = [silent(1, 0), silent(2, 3_601), silent(3, 7_300)];
        assert_eq!(hours_apart, [false; 3]);
        assert_eq!([silent(4, 7_301), silent(5, 7_302)], [false, true]);
        assert!(!silent(6, 7_302 + day), "it still lasts");
        assert!(watch.next_probe().is_some());
    }

    #[test]
    fn pauses_grow_and_an_answer_ends_them() {
        let mut watch = Watch::default();
        assert_eq!(watch.next_probe(), None);
        let mut now = 0;
        let mut pauses = Vec::new();
        for number in 0..10 {
            watch.note(&feed(number).url.site(), Sign::Silent, 3, at(now));
            if let Some(next) = watch.next_probe() {
                pauses.push((next - at(now)).num_seconds());
                now += pauses[pauses.len() - 1];
            }
        }
        watch.set_back(at(-90_000));
        assert_eq!(watch.next_probe(), Some(at(-90_000) + LONGEST_PAUSE));
        assert_eq!(pauses, [30, 60, 120, 240, 480, 600, 600, 600]);
        let home = FeedUrl::parse("http://nas.local/feed").expect("a URL").site();
        watch.note(&home, Sign::Answered, 3, at(now));
        assert_eq!(watch.next_probe(), Some(at(now)), "the next is asked at once");
    }

    #[test]
    fn what_a_restart_finds_goes_on() {
        let home = FeedUrl::parse("http://nas.local/feed").expect("a URL").site();
        let day = LONGEST_PARDON.num_seconds();
        for (site, all_at_home, ends) in
            [(&home, true, true), (&home, false, false), (&feed(1).url.site(), false, true)]
        {
            let (mut watch, began) = (Watch::default(), at(-3 * day));
            watch.resume(began, all_at_home, at(0));
            assert_eq!((watch.next_probe(), watch.is_returning(at(0))), (Some(at(0)), false));
            assert_eq!(watch.note(&feed(2).url.site(), Sign::Silent, 3, at(0)), Change::Nothing);
            assert_eq!(watch.next_probe(), Some(at(60)), "one host at a time");
            assert!(watch.excuses(at(1)) && watch.punish(feed(2), at(1)).is_some());
            assert!(watch.excuses(at(day - 1)) && !watch.excuses(at(day)), "a day from now on");
            let ended = Change::Ends { since: began };
            let expected = if ends { ended } else { Change::Nothing };
            let change = watch.note(site, Sign::Answered, 3, at(60));
            assert_eq!(change, expected, "{site:?}, at home alone: {all_at_home}");
            assert_eq!(watch.is_returning(at(60)), ends);
            assert!(!watch.is_returning(at(60 + 3_600)));
        }
        let mut watch = Watch::default();
        assert!(!watch.is_returning(at(0)));
        watch.resume_return(at(-600), at(0));
        assert!(watch.is_returning(at(0)) && watch.next_probe().is_none());
        watch.set_back(at(-9_000));
        assert!(watch.is_returning(at(-9_000)) && !watch.is_returning(at(-5_400)));
    }

    #[test]
    fn who_was_punished_for_it_is_pardoned() {
        let mut watch = Watch::default();
        let mut fails = |number: usize, now| {
            let change = watch.note(&feed(number).url.site(), Sign::Silent, 3, at(now));
            if change == Change::Nothing {
                assert_eq!(watch.punish(feed(number), at(now)), None);
            }
            change
        };
        fails(9, -9_000);
        fails(1, 0);
        fails(2, 1);
        let pardoned = Change::Begins { since: at(0), punished: vec![feed(1), feed(2)] };
        assert_eq!(fails(3, 2), pardoned);
        assert_eq!(watch.punish(feed(4), at(3)), Some(feed(4)), "and who comes too late is");
    }

    /// Feeds that are polled every hour, of which those below `dead` never answer; what is held
    /// against each after so many hours.
    fn lives(feeds: usize, dead: usize, hours: i64) -> Vec<u32> {
        let failure = Failure {
            class: FailureClass::Network,
            reason: String::new(),
            retry_after: None,
            address: None,
        };
        let mut watch = Watch::default();
        let mut feeds: Vec<_> = (0..feeds).map(feed).collect();
        feeds.iter_mut().for_each(|feed| feed.state.standing = Standing::Healthy);
        for poll in 0..hours as usize * feeds.len() {
            let (hour, number) = (poll / feeds.len(), poll % feeds.len());
            let now = at((hour * 3_600 + number) as i64);
            let before = feeds[number].clone();
            let outcome = match number < dead {
                true => Outcome::Failed(failure.clone()),
                false => Outcome::Gone,
            };
            let sign = sign(&before, &outcome, now);
            let mut pardoned = Vec::new();
            if let Change::Begins { punished, .. } =
                watch.note(&before.url.site(), sign, feeds.len(), now)
            {
                pardoned.extend(punished);
            }
            if number >= dead {
                feeds[number].state.standing = Standing::Healthy;
            } else if !watch.excuses(now) {
                let standing = &before.state.standing;
                feeds[number].state.standing =
                    crate::refresh::standing::after_failure(standing, &failure, now);
                pardoned.extend(watch.punish(before, now));
            }
            for feed in pardoned {
                let number = feed.id.0 as usize;
                feeds[number] = feed;
            }
        }
        let failures = feeds.iter().map(|feed| match feed.state.standing {
            Standing::Failing { failures, .. } => failures,
            Standing::New | Standing::Healthy | Standing::Gone { .. } => 0,
        });
        failures.collect()
    }

    #[test]
    fn three_dead_and_one_well_for_a_week_is_seen() {
        let held = lives(4, 3, 7 * 24);
        assert!(held[..3].iter().all(|failures| *failures >= 7 * 24 - 2), "{held:?}");
        assert_eq!(held[3], 0);
    }

    #[test]
    fn an_outage_excuses_for_a_day() {
        assert_eq!(lives(20, 20, 24), [0; 20]);
        let held = lives(20, 20, 48);
        assert!(held.iter().all(|failures| *failures == 24), "{held:?}");
    }

    #[test]
    fn only_hosts_that_were_well_say_something_by_being_silent() {
        let failed = |class| {
            Outcome::Failed(Failure {
                class,
                reason: String::new(),
                retry_after: None,
                address: None,
            })
        };
        let failing = |since| Standing::Failing {
            failures: 3,
            since,
            class: FailureClass::Network,
            reason: String::new(),
        };
        for (standing, outcome, expected) in [
            (Standing::Healthy, failed(FailureClass::Network), Sign::Silent),
            (Standing::New, failed(FailureClass::Network), Sign::None),
            (failing(at(-60)), failed(FailureClass::Network), Sign::Silent),
            (failing(at(-7_200)), failed(FailureClass::Network), Sign::None),
            (Standing::Healthy, failed(FailureClass::Guard), Sign::None),
            (Standing::Healthy, failed(FailureClass::Server), Sign::Answered),
            (failing(at(-7_200)), failed(FailureClass::Client), Sign::Answered),
            (Standing::Healthy, Outcome::Gone, Sign::Answered),
        ] {
            let mut feed = feed(1);
            feed.state.polled_before = standing != Standing::New;
            feed.state.standing = standing;
            assert_eq!(sign(&feed, &outcome, at(0)), expected, "{feed:?} {outcome:?}");
        }
    }

    #[test]
    fn the_return_is_spread_over_an_hour_at_most() {
        for (feeds, millis) in [(0, 1_000), (1, 1_000), (500, 1_000), (7_200, 500)] {
            assert_eq!(gap(feeds).num_milliseconds(), millis, "{feeds}");
        }
    }
}
