//! Which feed is asked when: the thinking of the scheduler, without waiting for anything.
//!
//! Feeds wait in a heap by their next check; those due wait in the line of their site. A site is
//! asked by one connection at a time, with a gap between two requests, and all sites together by as
//! many as there are connections. A line takes turns with the others, so that a site with five
//! hundred feeds delays nobody else; all sites together are asked so many times a second at most. A
//! site that throttles us gets a longer pause between two requests for as long as that lasts; when one
//! was asked before a restart nobody knows, so that its first request waits for such a pause, too.
//! Articles wait behind the feeds of their site, and all together get a quarter of the connections,
//! so that a slow page never holds a feed back.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::daemon::rate::Rate;
use crate::model::entry::EntryId;
use crate::model::feed::FeedId;
use crate::model::rest::{LONGEST, SiteRest};
use crate::model::url::Site;

/// How long a kept connection stays open after a request.
const KEPT_OPEN: TimeDelta = TimeDelta::seconds(5);

/// The pause of a site that throttles us is so many times the usual one, which counts as this long at
/// least.
const SLOWED_FROM: Duration = Duration::from_secs(2);

/// Articles get one connection in so many.
const ARTICLE_SHARE: usize = 4;

/// Who is in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Turn {
    /// A feed, to be refreshed.
    Feed(FeedId),
    /// An entry, whose article is to be read.
    Article(EntryId),
}

impl From<FeedId> for Turn {
    fn from(feed: FeedId) -> Self {
        Self::Feed(feed)
    }
}

impl From<EntryId> for Turn {
    fn from(entry: EntryId) -> Self {
        Self::Article(entry)
    }
}

/// The state of all lines.
#[derive(Debug)]
pub struct Schedule {
    connections: usize,
    gap: Duration,
    rate: Rate,
    under_way: usize,
    articles_under_way: usize,
    articles_held: bool,
    waiting: BinaryHeap<Reverse<(DateTime<Utc>, Turn, usize)>>,
    /// The one place in the heap that counts for each; others are left over.
    due: HashMap<Turn, DateTime<Utc>>,
    lines: Vec<Line>,
    line_of: HashMap<Site, usize>,
    /// Lines with somebody in them whose site may be asked, in turn.
    ready: VecDeque<usize>,
    /// Lines with somebody in them whose site has its pause.
    pausing: BinaryHeap<Reverse<(DateTime<Utc>, usize)>>,
    /// Who is in a line or under way: never started twice (promise I2).
    taken: HashSet<Turn>,
}

#[derive(Debug)]
struct Line {
    feeds: VecDeque<Turn>,
    articles: VecDeque<Turn>,
    /// Until when the connection of the last request may still be open.
    open_until: DateTime<Utc>,
    /// Until when it is asked more slowly, and how many times so.
    slow_until: DateTime<Utc>,
    slower: u32,
    state: LineState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineState {
    /// Nobody is asking; the site may be asked from then on.
    Free { from: DateTime<Utc> },
    /// In `ready` or `pausing`.
    Queued,
    /// A request is under way.
    Busy,
}

impl Line {
    /// What is between two requests at `now`, where `gap` is usual.
    fn pause(&self, gap: Duration, now: DateTime<Utc>) -> Duration {
        if now < self.slow_until { gap.max(SLOWED_FROM) * self.slower } else { gap }
    }

    fn is_empty(&self) -> bool {
        self.feeds.is_empty() && self.articles.is_empty()
    }
}

/// What is to be asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// Whose turn it is.
    pub turn: Turn,
    /// Whether more of its site is in the line or one was asked just now, so that the
    /// connection is worth keeping, or worth using again.
    pub keep_alive: bool,
    line: usize,
}

impl Schedule {
    /// An empty schedule for so many connections and such a pause between two requests to a site.
    pub fn new(connections: usize, gap: Duration) -> Self {
        Self {
            connections: connections.max(1),
            gap,
            rate: Rate::new(usize::MAX),
            under_way: 0,
            articles_under_way: 0,
            articles_held: false,
            waiting: BinaryHeap::new(),
            due: HashMap::new(),
            lines: Vec::new(),
            line_of: HashMap::new(),
            ready: VecDeque::new(),
            pausing: BinaryHeap::new(),
            taken: HashSet::new(),
        }
    }

    /// Forgets who waits for a later check; lines and what is under way stay.
    pub fn forget_waiting(&mut self) {
        self.waiting.clear();
        self.due.clear();
    }

    /// Bounds how many are started within a second.
    pub fn limit(&mut self, rate: usize) {
        self.rate.limit(rate);
    }

    /// A site throttles us, so it is asked more slowly. It is not left alone: another publisher may be
    /// behind each feed.
    pub fn slow_down(&mut self, rest: &SiteRest, now: DateTime<Utc>) {
        let number = self.line(&rest.site);
        let gap = self.gap;
        let line = &mut self.lines[number];
        let was_slow = now < line.slow_until;
        (line.slow_until, line.slower) = match was_slow && line.slow_until <= now + LONGEST {
            // Of two who were told at once, neither knew of the other.
            true => (line.slow_until.max(rest.until), line.slower.max(rest.slower)),
            false => (rest.until, rest.slower),
        };
        let pause = line.pause(gap, now);
        if let (false, LineState::Free { from }) = (was_slow, &mut line.state) {
            *from = (*from).max(now + pause);
        }
    }

    /// Changes the bounds, for what starts from now on.
    pub fn rebound(&mut self, connections: usize, gap: Duration) {
        self.connections = connections.max(1);
        self.gap = gap;
    }

    /// The clock was set back to `now`: from there no site's pause is longer than the gap.
    pub fn set_back(&mut self, now: DateTime<Utc>) {
        let latest = now + self.gap;
        for line in &mut self.lines {
            if let LineState::Free { from } = &mut line.state {
                *from = (*from).min(latest);
            }
            line.open_until = line.open_until.min(now + KEPT_OPEN);
            line.slow_until = DateTime::<Utc>::MIN_UTC;
        }
        let pausing = std::mem::take(&mut self.pausing);
        let shorter =
            |Reverse((at, line)): Reverse<(DateTime<Utc>, usize)>| Reverse((at.min(latest), line));
        self.pausing = pausing.into_iter().map(shorter).collect();
    }

    /// Holds articles back, or no more.
    pub fn hold_articles(&mut self, hold: bool) {
        self.articles_held = hold;
    }

    /// Asks the feeds that are due at `now` one after another, as far apart as `gap` says for so
    /// many, sites in turn; not those that `is_wanted`.
    pub fn spread(
        &mut self,
        now: DateTime<Utc>,
        gap: impl Fn(usize) -> TimeDelta,
        is_wanted: impl Fn(FeedId) -> bool,
    ) {
        self.fill_lines(now);
        let stays = |turn: &Turn| match turn {
            Turn::Feed(feed) => is_wanted(*feed),
            Turn::Article(_) => true,
        };
        let mut late = Vec::new();
        for (number, line) in self.lines.iter_mut().enumerate() {
            let (stay, go) = std::mem::take(&mut line.feeds).into_iter().partition(stays);
            let go: VecDeque<Turn> = go;
            late.extend(go.into_iter().enumerate().map(|(place, turn)| (place, number, turn)));
            line.feeds = stay;
        }
        late.sort_unstable();
        let (mut at, gap) = (now, gap(late.len()));
        for (_, line, turn) in late {
            self.taken.remove(&turn);
            self.wait(turn, line, at);
            at += gap;
        }
    }

    /// A feed is to be asked at `next_check`. One that is in a line or under way already is told of
    /// when it has finished.
    pub fn add(&mut self, turn: impl Into<Turn>, site: &Site, next_check: DateTime<Utc>) {
        let turn = turn.into();
        if self.taken.contains(&turn) || self.due.get(&turn) == Some(&next_check) {
            return;
        }
        let line = self.line(site);
        self.wait(turn, line, next_check);
    }

    /// A feed is to be asked as soon as its site allows, whatever its next check: before those that
    /// are merely due.
    pub fn ask(&mut self, feed: FeedId, site: &Site, now: DateTime<Utc>) {
        let line = self.line(site);
        let turn = Turn::Feed(feed);
        if !self.taken.contains(&turn) {
            self.enter(turn, line, now);
            self.lines[line].feeds.rotate_right(1);
        }
    }

    /// The feeds that may be asked at `now`, at most `most`, as far as connections are free.
    pub fn start(&mut self, now: DateTime<Utc>, most: usize) -> Vec<Start> {
        self.fill_lines(now);
        self.end_pauses(now);
        let mut starts = Vec::new();
        // Sites that have nothing but articles, while those have all their connections.
        let mut held = Vec::new();
        while self.under_way < self.connections && starts.len() < most && self.rate.admits(now) {
            let Some(number) = self.ready.pop_front() else { break };
            let may_read = !self.articles_held
                && self.articles_under_way < self.connections.div_ceil(ARTICLE_SHARE);
            let line = &mut self.lines[number];
            let turn = line.feeds.pop_front();
            let turn = turn.or_else(|| if may_read { line.articles.pop_front() } else { None });
            let Some(turn) = turn else {
                match line.articles.is_empty() {
                    true => line.state = LineState::Free { from: now },
                    false => held.push(number),
                }
                continue;
            };
            line.state = LineState::Busy;
            self.rate.note(now);
            self.under_way += 1;
            self.articles_under_way += usize::from(matches!(turn, Turn::Article(_)));
            let keep_alive = !line.is_empty() || now < line.open_until;
            starts.push(Start { turn, keep_alive, line: number });
        }
        self.ready.extend(held);
        starts
    }

    /// What was started has ended; it is to be asked again at `next_check`, or never.
    pub fn finish(&mut self, start: Start, next_check: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        self.under_way = self.under_way.saturating_sub(1);
        let articles = usize::from(matches!(start.turn, Turn::Article(_)));
        self.articles_under_way = self.articles_under_way.saturating_sub(articles);
        self.taken.remove(&start.turn);
        if let Some(next_check) = next_check {
            self.wait(start.turn, start.line, next_check);
        }
        let line = &mut self.lines[start.line];
        let from = now + line.pause(self.gap, now);
        line.state = LineState::Free { from };
        line.open_until = now + KEPT_OPEN;
        if !line.is_empty() {
            self.queue(start.line, from, now);
        }
    }

    /// When to look again, if nothing finishes before.
    pub fn next_wake(&self) -> Option<DateTime<Utc>> {
        let check = self.waiting.peek().map(|Reverse((at, ..))| *at);
        let pause = self.pausing.peek().map(|Reverse((at, _))| *at);
        let second = self.rate.admits_from().filter(|_| !self.ready.is_empty());
        [check, pause, second].into_iter().flatten().min()
    }

    /// Whether no feed is in a line or under way: all that was due has been asked. Nobody waits for
    /// articles.
    pub fn is_settled(&self, now: DateTime<Utc>) -> bool {
        let due = self
            .waiting
            .peek()
            .is_some_and(|Reverse((at, turn, _))| *at <= now && matches!(turn, Turn::Feed(_)));
        !due && !self.taken.iter().any(|turn| matches!(turn, Turn::Feed(_)))
    }

    /// Whether nobody at all is in a line or under way.
    pub fn is_empty(&self, now: DateTime<Utc>) -> bool {
        let due = self.waiting.peek().is_some_and(|Reverse((at, ..))| *at <= now);
        self.taken.is_empty() && !due
    }

    /// Whether another request may be started, as far as connections go.
    pub fn has_free_connection(&self) -> bool {
        self.under_way < self.connections
    }

    fn line(&mut self, site: &Site) -> usize {
        if let Some(&number) = self.line_of.get(site) {
            return number;
        }
        let number = self.lines.len();
        let state = LineState::Free { from: DateTime::<Utc>::MIN_UTC };
        self.lines.push(Line {
            feeds: VecDeque::new(),
            articles: VecDeque::new(),
            open_until: DateTime::<Utc>::MIN_UTC,
            slow_until: DateTime::<Utc>::MIN_UTC,
            slower: 1,
            state,
        });
        self.line_of.insert(site.clone(), number);
        number
    }

    fn fill_lines(&mut self, now: DateTime<Utc>) {
        while let Some(&Reverse((at, turn, line))) = self.waiting.peek() {
            if at > now {
                break;
            }
            self.waiting.pop();
            if self.due.get(&turn) == Some(&at) {
                self.enter(turn, line, now);
            }
        }
    }

    fn wait(&mut self, turn: Turn, line: usize, next_check: DateTime<Utc>) {
        self.due.insert(turn, next_check);
        self.waiting.push(Reverse((next_check, turn, line)));
    }

    fn enter(&mut self, turn: Turn, number: usize, now: DateTime<Utc>) {
        if !self.taken.insert(turn) {
            return;
        }
        self.due.remove(&turn);
        match turn {
            Turn::Feed(_) => self.lines[number].feeds.push_back(turn),
            Turn::Article(_) => self.lines[number].articles.push_back(turn),
        }
        if let LineState::Free { from } = self.lines[number].state {
            self.queue(number, from, now);
        }
    }

    fn queue(&mut self, number: usize, from: DateTime<Utc>, now: DateTime<Utc>) {
        self.lines[number].state = LineState::Queued;
        if from <= now {
            self.ready.push_back(number);
        } else {
            self.pausing.push(Reverse((from, number)));
        }
    }

    fn end_pauses(&mut self, now: DateTime<Utc>) {
        while let Some(&Reverse((at, number))) = self.pausing.peek() {
            if at > now {
                break;
            }
            self.pausing.pop();
            self.ready.push_back(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::url::WebUrl;

    const ALL: usize = usize::MAX;

    #[test]
    fn a_clock_that_is_set_back_leaves_no_site_in_its_pause() {
        let mut schedule = Schedule::new(8, Duration::from_secs(2));
        for (feed, name) in [(1, "a.example"), (2, "a.example"), (3, "b.example")] {
            schedule.add(FeedId(feed), &site(name), at(1_000));
        }
        let starts = schedule.start(at(1_000), ALL);
        assert_eq!(feeds(&starts), [1, 3]);
        for start in starts {
            schedule.finish(start, None, at(1_000));
        }
        schedule.set_back(at(10));
        schedule.add(FeedId(3), &site("b.example"), at(10));
        assert!(schedule.start(at(11), ALL).is_empty());
        assert_eq!(feeds(&schedule.start(at(12), ALL)), [2, 3]);
    }

    fn site(name: &str) -> Site {
        WebUrl::parse(&format!("http://{name}/")).expect("a URL").site()
    }

    fn at(secs: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(secs, 0).expect("a small number of seconds")
    }

    fn feeds(starts: &[Start]) -> Vec<i64> {
        let number = |start: &Start| match start.turn {
            Turn::Feed(feed) => feed.0,
            Turn::Article(entry) => -entry.0,
        };
        starts.iter().map(number).collect()
    }

    #[test]
    fn a_site_is_asked_by_one_at_a_time_with_a_gap() {
        let mut schedule = Schedule::new(64, Duration::from_secs(2));
        for feed in 1..=3 {
            schedule.add(FeedId(feed), &site("a.example"), at(0));
        }
        let first = schedule.start(at(0), ALL);
        assert_eq!(feeds(&first), [1]);
        assert!(first[0].keep_alive);
        assert!(schedule.start(at(1), ALL).is_empty(), "one request is under way");
        schedule.finish(first[0], Some(at(3600)), at(1));
        assert!(schedule.start(at(2), ALL).is_empty(), "the pause is not over");
        assert_eq!(schedule.next_wake(), Some(at(3)));
        assert_eq!(feeds(&schedule.start(at(3), ALL)), [2]);
    }

    #[test]
    fn all_sites_together_are_asked_so_many_times_a_second() {
        let mut schedule = Schedule::new(64, Duration::ZERO);
        schedule.limit(3);
        for feed in 1..=8 {
            schedule.add(FeedId(feed), &site(&format!("{feed}.example")), at(0));
        }
        let mut asked = Vec::new();
        let mut now = at(0);
        while asked.len() < 8 {
            for start in schedule.start(now, ALL) {
                schedule.finish(start, None, now);
                asked.push(now);
            }
            now = schedule.next_wake().unwrap_or(now);
        }
        assert_eq!(asked, [at(0), at(0), at(0), at(1), at(1), at(1), at(2), at(2)]);
    }

    #[test]
    fn a_site_that_throttles_is_slowed_and_not_left_alone() {
        let mut schedule = Schedule::new(64, Duration::from_secs(2));
        for feed in 1..=3 {
            schedule.add(FeedId(feed), &site("a.example"), at(0));
        }
        let first = schedule.start(at(0), ALL)[0];
        schedule.slow_down(&rest("a.example", 40, 15), at(0));
        schedule.finish(first, None, at(0));
        assert_eq!(schedule.next_wake(), Some(at(30)));
        let next = schedule.start(at(30), ALL)[0];
        schedule.finish(next, None, at(50));
        assert_eq!(schedule.next_wake(), Some(at(52)), "it is over");
    }

    fn rest(name: &str, until: i64, slower: u32) -> SiteRest {
        let told = WebUrl::parse(&format!("http://{name}/")).expect("a URL");
        SiteRest { site: told.site(), until: at(until), slower, told, said: true }
    }

    #[test]
    fn how_slowly_follows_from_the_gap_and_from_what_the_site_said() {
        for (gap, slower, pause) in [(0, 2, 4), (0, 15, 30), (2, 8, 16), (10, 2, 20), (10, 15, 150)]
        {
            let mut schedule = Schedule::new(64, Duration::from_secs(gap));
            for feed in 1..=2 {
                schedule.add(FeedId(feed), &site("a.example"), at(0));
            }
            let first = schedule.start(at(0), ALL)[0];
            schedule.slow_down(&rest("a.example", 900, slower), at(0));
            schedule.finish(first, None, at(0));
            assert_eq!(schedule.next_wake(), Some(at(pause)), "{gap} s, {slower} times");
        }
    }

    #[test]
    fn a_site_that_throttled_before_a_restart_waits_before_its_first_request_and_once() {
        let mut schedule = Schedule::new(64, Duration::from_secs(2));
        schedule.slow_down(&rest("a.example", 900, 15), at(0));
        for (feed, name) in [(1, "a.example"), (2, "a.example"), (3, "b.example")] {
            schedule.add(FeedId(feed), &site(name), at(0));
        }
        assert_eq!(feeds(&schedule.start(at(0), ALL)), [3]);
        schedule.ask(FeedId(1), &site("a.example"), at(1));
        schedule.slow_down(&rest("a.example", 900, 15), at(20));
        assert_eq!(schedule.next_wake(), Some(at(30)), "reading it again waits no longer");
        assert_eq!(feeds(&schedule.start(at(30), ALL)), [1]);
    }

    #[test]
    fn sites_take_turns() {
        let mut schedule = Schedule::new(2, Duration::ZERO);
        for feed in 1..=3 {
            schedule.add(FeedId(feed), &site("many.example"), at(0));
        }
        schedule.add(FeedId(9), &site("one.example"), at(0));
        let first = schedule.start(at(0), ALL);
        assert_eq!(feeds(&first), [1, 9]);
        assert!(!first[1].keep_alive);
    }

    #[test]
    fn no_feed_is_started_twice_at_once() {
        let mut schedule = Schedule::new(8, Duration::ZERO);
        schedule.add(FeedId(1), &site("a.example"), at(0));
        let first = schedule.start(at(0), ALL);
        schedule.ask(FeedId(1), &site("a.example"), at(0));
        schedule.add(FeedId(1), &site("a.example"), at(0));
        assert!(schedule.start(at(10), ALL).is_empty());
        schedule.finish(first[0], Some(at(60)), at(10));
        assert!(schedule.start(at(59), ALL).is_empty());
        assert_eq!(feeds(&schedule.start(at(60), ALL)), [1]);
    }

    #[test]
    fn it_is_settled_when_all_that_was_due_has_been_asked() {
        let mut schedule = Schedule::new(8, Duration::ZERO);
        schedule.add(FeedId(1), &site("a.example"), at(0));
        schedule.add(FeedId(2), &site("b.example"), at(100));
        assert!(!schedule.is_settled(at(0)));
        let first = schedule.start(at(0), ALL);
        assert!(!schedule.is_settled(at(0)));
        schedule.finish(first[0], None, at(1));
        assert!(schedule.is_settled(at(1)));
        assert!(!schedule.is_settled(at(100)));
    }

    #[test]
    fn a_feed_asked_for_does_not_wait_for_its_check() {
        let mut schedule = Schedule::new(8, Duration::ZERO);
        schedule.add(FeedId(1), &site("a.example"), at(1000));
        schedule.ask(FeedId(1), &site("a.example"), at(5));
        let first = schedule.start(at(5), ALL);
        assert_eq!(feeds(&first), [1]);
        schedule.finish(first[0], Some(at(2000)), at(6));
        // Its old place in the heap must not start it at its old time as well.
        let again = schedule.start(at(1000), ALL);
        assert!(again.is_empty(), "{again:?}");
    }

    #[test]
    fn articles_wait_behind_the_feeds_of_their_site_and_keep_its_gap() {
        let mut schedule = Schedule::new(64, Duration::from_secs(2));
        for entry in 1..=2 {
            schedule.add(EntryId(entry), &site("a.example"), at(0));
        }
        schedule.add(FeedId(7), &site("a.example"), at(0));
        let first = schedule.start(at(0), ALL);
        assert_eq!(feeds(&first), [7]);
        schedule.finish(first[0], None, at(1));
        assert!(schedule.is_settled(at(1)), "nobody waits for articles");
        assert!(!schedule.is_empty(at(1)));
        assert!(schedule.start(at(2), ALL).is_empty(), "the pause is not over");
        let second = schedule.start(at(3), ALL);
        assert_eq!(feeds(&second), [-1]);
        schedule.ask(FeedId(7), &site("a.example"), at(3));
        schedule.finish(second[0], None, at(3));
        assert_eq!(feeds(&schedule.start(at(5), ALL)), [7], "a feed comes first again");
    }

    #[test]
    fn articles_leave_connections_to_feeds() {
        let mut schedule = Schedule::new(8, Duration::ZERO);
        for entry in 1..=9 {
            schedule.add(EntryId(entry), &site(&format!("a{entry}.example")), at(0));
        }
        let slow = schedule.start(at(0), ALL);
        assert_eq!(slow.len(), 2);
        schedule.add(FeedId(7), &site("a9.example"), at(1));
        assert_eq!(feeds(&schedule.start(at(1), ALL)), [7]);
        schedule.finish(slow[0], None, at(2));
        assert_eq!(schedule.start(at(2), ALL).len(), 1);
    }
}
