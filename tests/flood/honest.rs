//! A gate, and a client that asks as an API server does: over connections it keeps, and now and then over a new one.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use tempfile::TempDir;

use crate::support::review;
use crate::support::running::Running;
use crate::support::tls::{Authority, Connection, usual_client};

/// What the Deployment allows is 256 MiB; half of it must do.
const MEMORY_KIB: u64 = 128 << 10;
/// The slowest of a hundred reviews may take so long.
const P99: Duration = Duration::from_millis(50);

/// What they take on a machine that has nothing else to do is less than that.
const CALM: Duration = Duration::from_millis(10);

/// A gate that is to be harmed.
pub(crate) struct Target {
    pub(crate) gate: Running,
    pub(crate) client: Arc<ClientConfig>,
}

impl Target {
    pub(crate) fn start() -> Self {
        let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
        authority.issue_to(folder.path());
        let gate = Running::start("127.0.0.1", folder.path(), &[]);
        Self { gate, client: usual_client(&authority.pem()) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.gate.https
    }

    pub(crate) fn open(&self) -> io::Result<Connection> {
        Connection::open(self.address(), "127.0.0.1", &self.client)
    }

    /// The most memory it has used so far.
    fn most_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.gate.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches("kB").trim().parse().unwrap()
    }

    /// Asks all the time while `harm` is done, which gets told when to end; every answer must come, and in time. Where
    /// even nothing at all takes long, the machine is busy with something else and gets another try.
    pub(crate) fn serves_during(&self, what: &str, seconds: u64, harm: impl Fn(&AtomicBool) + Sync) {
        let mut unanswered = 0;
        for _ in 0..6 {
            if self.is_served_during(what, seconds, P99, &harm) {
                return;
            }
            unanswered += usize::from(self.is_served_during("nothing", 1, CALM, |_| {}));
            assert!(
                unanswered < 3,
                "{what}: a review was not answered, or one of a hundred took longer than {P99:?}"
            );
        }
        println!("left out, as this machine is busy: how long reviews take during {what}");
    }

    /// Whether every answer comes, and of a hundred over kept connections all but one in less than `most`.
    fn is_served_during(
        &self,
        what: &str,
        seconds: u64,
        most: Duration,
        harm: impl Fn(&AtomicBool) + Sync,
    ) -> bool {
        let stop = AtomicBool::new(false);
        let (kept, new) = std::thread::scope(|scope| {
            scope.spawn(|| harm(&stop));
            let kept = [0, 1].map(|_| scope.spawn(|| self.ask(&stop, usize::MAX, Duration::from_millis(5))));
            let new = scope.spawn(|| self.ask(&stop, 1, Duration::from_millis(50)));
            std::thread::sleep(Duration::from_secs(seconds));
            stop.store(true, Ordering::Relaxed);
            let kept: io::Result<Vec<_>> = kept.into_iter().map(|asked| asked.join().unwrap()).collect();
            (kept, new.join().unwrap())
        });
        let kib = self.most_kib();
        assert!(kib < MEMORY_KIB, "{what}: {kib} KiB");
        let (mut kept, mut new) = match (kept, new) {
            (Ok(kept), Ok(new)) => (kept.concat(), new),
            (kept, new) => {
                println!("{what}: not answered: {:?} {:?}", kept.err(), new.err());
                return false;
            }
        };
        let (p99, p99_new) = (percentile(&mut kept), percentile(&mut new));
        println!(
            "{what}: {} reviews, p99 {p99:?}; over {} new connections p99 {p99_new:?}; at most {kib} KiB so far",
            kept.len(),
            new.len(),
        );
        p99 < most
    }

    /// Asks again and again, so many times over one connection; how long each took.
    fn ask(&self, stop: &AtomicBool, times: usize, pause: Duration) -> io::Result<Vec<Duration>> {
        let body = review::numbered("01").to_string();
        let mut took = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let mut asked = Instant::now();
            let mut connection = self.open()?;
            for _ in 0..times {
                assert_eq!(connection.review(&body)?.status, 200);
                took.push(asked.elapsed());
                std::thread::sleep(pause);
                asked = Instant::now();
                if stop.load(Ordering::Relaxed) {
                    break;
                }
            }
        }
        Ok(took)
    }
}

/// What one of a hundred exceeds.
fn percentile(took: &mut [Duration]) -> Duration {
    took.sort_unstable();
    took[took.len() - 1 - took.len() / 100]
}
