//! The sequence machine with many live keys.
//!
//! Prints bytes a key and nanoseconds an event at a million live keys, beside those of a plain map, then
//! benchmarks smaller states: `cargo bench --bench sequence`. Keys are as long as entity ids. Times include encoding and hashing
//! the key, and no making of the ids.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write;
use std::time::{Duration, Instant};

use divan::counter::ItemsCount;
use eql::Timestamp;
use eql::field::Keyword;
use eql::key::Keys;
use eql::sequence::{Hit, Limits, Machine, Plan, Target, Term, Tiebreaker};

const TWO: Plan<'_> =
    Plan::new(&[Term::event(), Term::event()]).maxspan(Duration::from_secs(24 * 3600));
const LIVE: usize = 1_000_000;
const BATCH: usize = 100_000;
const ID_LEN: usize = 44;

fn main() {
    report();
    divan::main();
}

/// Ids without end, in one string so that they are cheap to come by.
struct Ids(String);

impl Ids {
    fn new(count: usize) -> Self {
        let mut text = String::with_capacity(count * ID_LEN);
        for number in 0..count as u64 {
            let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            write!(text, "{mixed:016x}-{number:011x}-{mixed:015}", mixed = mixed >> 16)
                .expect("BUG: a string takes everything");
            text.truncate((number as usize + 1) * ID_LEN);
        }
        Self(text)
    }

    fn get(&self, number: usize) -> &str {
        let start = number % (self.0.len() / ID_LEN) * ID_LEN;
        &self.0[start..start + ID_LEN]
    }
}

/// What takes events: the machine, or something to compare it with.
trait Engine {
    /// Whether the event completed a sequence.
    fn event(&mut self, time: i64, term: u16, id: &str, number: usize) -> bool;
}

struct Compiled {
    machine: Machine<u64>,
    keys: Keys,
}

impl Compiled {
    fn new(live: usize) -> Self {
        let limits = Limits { max_partial: live, ..Limits::DEFAULT };
        Self { machine: Machine::new(&TWO.limits(limits)), keys: Keys::new() }
    }
}

impl Engine for Compiled {
    fn event(&mut self, time: i64, term: u16, id: &str, number: usize) -> bool {
        self.keys.clear();
        self.keys.push::<Keyword>(id);
        self.keys.close(false);
        let hits = [Hit::term(term, &self.keys)];
        let mut found = false;
        let emit = &mut |_| found = true;
        let time = Timestamp::from_nanos(time);
        self.machine.on_event(time, Tiebreaker::Missing, &hits, || number as u64, emit);
        found
    }
}

/// What one would write first: a map from keys to starts, and a queue of starts to expire.
struct Plain {
    starts: HashMap<Box<str>, (i64, usize)>,
    queue: VecDeque<(i64, Box<str>)>,
    live: usize,
}

impl Plain {
    fn new(live: usize) -> Self {
        Self { starts: HashMap::new(), queue: VecDeque::new(), live }
    }
}

impl Engine for Plain {
    fn event(&mut self, time: i64, term: u16, id: &str, number: usize) -> bool {
        if term == 1 {
            return self.starts.remove(id).is_some();
        }
        while self.starts.len() >= self.live {
            let Some((started, oldest)) = self.queue.pop_front() else { break };
            if self.starts.get(&oldest).is_some_and(|start| start.0 == started) {
                self.starts.remove(&oldest);
            }
        }
        self.starts.insert(id.into(), (time, number));
        self.queue.push_back((time, id.into()));
        false
    }
}

/// An engine that has as many live keys as its limit allows, and goes on in steps.
struct Stream<'a, E> {
    ids: &'a Ids,
    engine: E,
    random: fastrand::Rng,
    live: usize,
    /// How many sequences have started.
    started: usize,
    now: i64,
    found: usize,
}

impl<'a, E: Engine> Stream<'a, E> {
    fn new(ids: &'a Ids, live: usize, engine: E) -> Self {
        let random = fastrand::Rng::with_seed(7);
        Self { ids, engine, random, live, started: 0, now: 0, found: 0 }
    }

    fn filled(ids: &'a Ids, live: usize, engine: E) -> Self {
        let mut stream = Self::new(ids, live, engine);
        for _ in 0..live {
            stream.start();
        }
        stream
    }

    fn start(&mut self) {
        self.event(0, self.started);
        self.started += 1;
    }

    /// Four starts for each event that may complete a sequence.
    fn step(&mut self) {
        if self.random.u32(..5) == 0 {
            let back = self.random.usize(..self.live);
            self.event(1, self.started - 1 - back);
        } else {
            self.start();
        }
    }

    fn event(&mut self, term: u16, number: usize) {
        self.now += 1000;
        let id = self.ids.get(number);
        self.found += usize::from(self.engine.event(self.now, term, id, number));
    }
}

fn report() {
    let ids = Ids::new(2 * LIVE);
    let stream = report_on("machine", &ids, Compiled::new(LIVE));
    assert!(stream.engine.machine.stats().partials > LIVE / 10 * 9, "keys are not live");
    let start = Instant::now();
    let snapshot = stream.engine.machine.snapshot(0);
    println!("machine: snapshot of {:.0} MB in {:?}", snapshot.len() as f64 / 1e6, start.elapsed());
    drop(stream);
    report_on("plain map", &ids, Plain::new(LIVE));
}

fn report_on<'a, E: Engine>(name: &str, ids: &'a Ids, engine: E) -> Stream<'a, E> {
    let mut filled = None;
    let memory = allocation_counter::measure(|| filled = Some(Stream::filled(ids, LIVE, engine)));
    let mut stream = filled.expect("BUG: measured without running");
    let bytes = memory.bytes_current as f64 / LIVE as f64;
    let peak = memory.bytes_max as f64 / LIVE as f64;
    println!("{name}: {LIVE} live keys, {bytes:.0} bytes each, {peak:.0} while growing");
    for round in 1..=3 {
        let (start, cpu) = (Instant::now(), cpu_nanos());
        for _ in 0..LIVE {
            stream.step();
        }
        let wall = start.elapsed().as_nanos() as f64 / LIVE as f64;
        let cpu = (cpu_nanos() - cpu) as f64 / LIVE as f64;
        println!("{name}: round {round}, {wall:.0} ns an event, {cpu:.0} ns of them running");
    }
    assert!(stream.found > LIVE / 4, "only {} sequences completed", stream.found);
    stream
}

/// How long this thread has run, on a machine that others use too; 0 where the system does not say.
fn cpu_nanos() -> u64 {
    let read = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    read.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0)
}

/// 80% starts, 20% events that may complete.
#[divan::bench(args = [1_000, 30_000, 1_000_000], sample_count = 20)]
fn step(bencher: divan::Bencher<'_, '_>, live: usize) {
    let ids = Ids::new(2 * live);
    let mut stream = Stream::filled(&ids, live, Compiled::new(live));
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
        for _ in 0..BATCH {
            stream.step();
        }
    });
}

/// Events of a later term whose key has not begun anything.
#[divan::bench(sample_count = 20)]
fn unknown_key(bencher: divan::Bencher<'_, '_>) {
    let ids = Ids::new(LIVE);
    let mut stream = Stream::filled(&ids, LIVE / 2, Compiled::new(LIVE));
    let mut number = LIVE / 2;
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
        for _ in 0..BATCH {
            stream.event(1, number);
            number = LIVE / 2 + (number + 1) % (LIVE / 2);
        }
    });
}

/// What the machine costs an event that fits no term: a question for the later one, and time passes.
#[divan::bench(sample_count = 20)]
fn no_hit(bencher: divan::Bencher<'_, '_>) {
    let ids = Ids::new(1);
    let mut stream = Stream::new(&ids, 1000, Compiled::new(1000));
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
        for _ in 0..BATCH {
            stream.now += 1000;
            let machine = divan::black_box(&mut stream.engine.machine);
            assert!(!machine.wants(Target::Term(1)));
            let time = Timestamp::from_nanos(stream.now);
            machine.on_event(time, Tiebreaker::Missing, &[], || 0, &mut |_| {});
        }
    });
}
