//! Room for connections: how many there may be, and who has to go when somebody new comes.
//!
//! Nobody can fill the room by waiting. Of connections that have said nothing, of those that have not yet brought a whole
//! request, and of those that are idle between two, the kind there is most of gives up its oldest. Whose request is being
//! judged stays. A request costs its connection two steps without a lock: who has to go is looked for only when the room
//! is full.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// It has said nothing.
const SILENT: u8 = 0;
/// It has begun to shake hands, or to ask.
const BEGUN: u8 = 1;
/// It has brought a whole request before.
const KNOWN: u8 = 2;
/// Its request is being judged.
const BUSY: u8 = 3;
/// It has to go.
const LEAVING: u8 = 4;

/// How many may be on their way out. Nobody new comes before they are gone, or a burst would go round the room before
/// those that it brings have been heard.
const MOST_LEAVING: usize = 64;

/// What a connection is doing, and since when.
#[derive(Debug)]
struct State {
    /// One of the five.
    does: AtomicU8,
    /// A number that only grows.
    since: AtomicU64,
    leave: CancellationToken,
}

impl State {
    /// Goes on from doing one thing to another; whether it did the first.
    fn exchange(&self, from: u8, to: u8) -> bool {
        self.does.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

#[derive(Debug, Default)]
struct Seats {
    taken: BTreeMap<u64, Arc<State>>,
    leaving: usize,
}

impl Seats {
    /// How many stay.
    fn count(&self) -> usize {
        self.taken.len() - self.leaving
    }

    /// Has one leave; whether there is one that may.
    fn make_room(&mut self) -> bool {
        let mut waiting: [Vec<(u64, &Arc<State>)>; 3] = Default::default();
        for state in self.taken.values() {
            if let Some(waiting) = waiting.get_mut(usize::from(state.does.load(Ordering::Acquire))) {
                waiting.push((state.since.load(Ordering::Relaxed), state));
            }
        }
        let kinds = waiting.iter_mut().zip([SILENT, BEGUN, KNOWN]).rev();
        let Some((most, kind)) = kinds.max_by_key(|(waiting, _)| waiting.len()) else { return false };
        most.sort_unstable_by_key(|(since, _)| *since);
        // one of them may have become busy just now
        let leaver = most.iter().find(|(_, state)| state.exchange(kind, LEAVING));
        let Some((_, leaver)) = leaver else { return false };
        leaver.leave.cancel();
        self.leaving += 1;
        true
    }
}

/// The connections there are.
#[derive(Debug)]
pub struct Room {
    most: usize,
    next: AtomicU64,
    seats: Mutex<Seats>,
    /// Told whenever one of the busy connections is done, or one that had to leave is gone.
    done: Notify,
}

impl Room {
    /// Room for so many connections.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, next: AtomicU64::default(), seats: Mutex::default(), done: Notify::new() })
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// A seat for somebody new, for which somebody else may have to leave. Waits while all are busy or leaving.
    pub async fn enter(self: &Arc<Self>) -> Arc<Seat> {
        loop {
            let done = self.done.notified();
            if let Some(seat) = self.try_enter() {
                return seat;
            }
            done.await;
        }
    }

    fn try_enter(self: &Arc<Self>) -> Option<Arc<Seat>> {
        let mut seats = self.seats();
        if seats.leaving >= MOST_LEAVING {
            return None;
        }
        if seats.count() >= self.most && !seats.make_room() {
            return None;
        }
        let number = self.now();
        let (does, since) = (AtomicU8::new(SILENT), AtomicU64::new(number));
        let state = Arc::new(State { does, since, leave: CancellationToken::new() });
        seats.taken.insert(number, Arc::clone(&state));
        Some(Arc::new(Seat { room: Arc::clone(self), number, state }))
    }
}

/// A connection's place in the room, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    room: Arc<Room>,
    number: u64,
    state: Arc<State>,
}

impl Seat {
    /// Ends when the connection has to make room.
    pub async fn needed(&self) {
        self.state.leave.cancelled().await;
    }

    /// The connection has said something.
    pub fn begins(&self) {
        self.state.since.store(self.room.now(), Ordering::Relaxed);
        self.state.exchange(SILENT, BEGUN);
    }

    /// The connection has brought a whole request: it stays until that is answered.
    pub fn busy(&self) {
        let _ = self.state.exchange(KNOWN, BUSY)
            || self.state.exchange(BEGUN, BUSY)
            || self.state.exchange(SILENT, BUSY);
    }

    /// The connection's request is answered.
    pub fn idle(&self) {
        self.state.since.store(self.room.now(), Ordering::Relaxed);
        if self.state.exchange(BUSY, KNOWN) {
            self.room.done.notify_one();
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.room.seats();
        seats.taken.remove(&self.number);
        if self.state.does.load(Ordering::Acquire) == LEAVING {
            seats.leaving -= 1;
        }
        drop(seats);
        self.room.done.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(room: &Room) -> (usize, usize) {
        let seats = room.seats();
        (seats.count(), seats.leaving)
    }

    fn enter(room: &Arc<Room>) -> Arc<Seat> {
        room.try_enter().unwrap()
    }

    fn asks(seat: &Seat) {
        seat.busy();
        seat.idle();
    }

    fn has_to_leave(seat: &Seat) -> bool {
        seat.state.leave.is_cancelled()
    }

    #[test]
    fn the_oldest_of_the_largest_kind_goes() {
        let room = Room::new(5);
        let [known, begun] = [(); 2].map(|()| enter(&room));
        asks(&known);
        begun.begins();
        let silent = [(); 3].map(|()| enter(&room));
        let _new = enter(&room);
        assert!(has_to_leave(&silent[0]), "three say nothing");
        silent[1].begins();
        silent[2].begins();
        let _newer = enter(&room);
        assert!(has_to_leave(&begun) && !has_to_leave(&silent[1]), "three have begun");
        assert!(!has_to_leave(&known));
        for seat in [&silent[1], &silent[2], &known] {
            asks(seat);
        }
        let _newest = enter(&room);
        assert!(has_to_leave(&silent[1]), "three are idle, and this for longest");
    }

    #[test]
    fn who_is_judged_stays() {
        let room = Room::new(2);
        let (one, other) = (enter(&room), enter(&room));
        one.busy();
        other.busy();
        assert!(room.try_enter().is_none(), "nobody can go");
        other.idle();
        assert!(room.try_enter().is_some() && has_to_leave(&other));
        one.idle();
        assert!(!has_to_leave(&one));
    }

    #[test]
    fn nobody_comes_while_too_many_leave() {
        let room = Room::new(1);
        let mut seats: Vec<_> = (0..=MOST_LEAVING).map(|_| enter(&room)).collect();
        assert!(room.try_enter().is_none());
        seats.remove(0);
        assert!(room.try_enter().is_some());
    }

    #[test]
    fn who_goes_leaves_a_seat_behind() {
        let room = Room::new(1);
        for _ in 0..3 {
            let seat = enter(&room);
            seat.busy();
            drop(seat);
            assert_eq!(counts(&room), (0, 0));
        }
        // asked to leave while its request came in: counted nowhere
        let (seat, next) = (enter(&room), enter(&room));
        asks(&seat);
        assert_eq!(counts(&room), (1, 1));
        drop((seat, next));
        assert_eq!(counts(&room), (0, 0));
    }
}
