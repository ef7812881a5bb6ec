//! Room for connections: how many there may be, and who has to go when somebody new comes.
//!
//! Nobody can fill the room by waiting. Of connections that have said nothing, of those that have not yet brought a whole
//! request, and of those that are idle between two, the kind there is most of gives up its oldest. Whose request is being
//! judged stays.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// What a connection has done so far.
#[derive(Clone, Copy, Debug)]
enum Rank {
    /// It has said nothing.
    Silent,
    /// It has begun to shake hands, or to ask.
    Begun,
    /// It has brought a whole request before.
    Known,
}

/// A connection that may have to go: what it has done, and a number that only grows.
#[derive(Clone, Copy, Debug)]
struct Place {
    rank: Rank,
    since: u64,
}

/// How many may be on their way out. Nobody new comes before they are gone, or a burst would go round the room before
/// those that it brings have been heard.
const LEAVING: usize = 64;

#[derive(Debug, Default)]
struct Seats {
    next: u64,
    /// By rank and age.
    waiting: [BTreeMap<u64, CancellationToken>; 3],
    busy: usize,
    leaving: usize,
}

impl Seats {
    fn count(&self) -> usize {
        self.busy + self.waiting.iter().map(BTreeMap::len).sum::<usize>()
    }

    fn wait(&mut self, rank: Rank, leave: &CancellationToken) -> Place {
        let place = Place { rank, since: self.next };
        self.next += 1;
        self.waiting[rank as usize].insert(place.since, leave.clone());
        place
    }

    /// Takes a place out; whether it was there.
    fn take(&mut self, place: Place) -> bool {
        self.waiting[place.rank as usize].remove(&place.since).is_some()
    }

    /// Has one leave; whether there is one that may.
    fn make_room(&mut self) -> bool {
        let most = self.waiting.iter_mut().rev().max_by_key(|waiting| waiting.len());
        let Some((_, leave)) = most.and_then(BTreeMap::pop_first) else { return false };
        self.leaving += 1;
        leave.cancel();
        true
    }
}

/// The connections there are.
#[derive(Debug)]
pub struct Room {
    most: usize,
    seats: Mutex<Seats>,
    /// Told whenever one of the busy connections is done, or one that had to leave is gone.
    done: Notify,
}

impl Room {
    /// Room for so many connections.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, seats: Mutex::default(), done: Notify::new() })
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
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
        if seats.leaving >= LEAVING {
            return None;
        }
        if seats.count() >= self.most && !seats.make_room() {
            return None;
        }
        let leave = CancellationToken::new();
        let place = seats.wait(Rank::Silent, &leave);
        Some(Arc::new(Seat { room: Arc::clone(self), place: Mutex::new(place), leave }))
    }
}

/// A connection's place in the room, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    room: Arc<Room>,
    place: Mutex<Place>,
    leave: CancellationToken,
}

impl Seat {
    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends when the connection has to make room.
    pub async fn needed(&self) {
        self.leave.cancelled().await;
    }

    /// The connection has said something.
    pub fn begins(&self) {
        let mut seats = self.room.seats();
        let mut place = self.place();
        if seats.take(*place) {
            *place = seats.wait(Rank::Begun, &self.leave);
        }
    }

    /// The connection has brought a whole request: it stays until what this gives is dropped.
    pub fn busy(self: &Arc<Self>) -> Busy {
        let mut seats = self.room.seats();
        let counts = seats.take(*self.place());
        seats.busy += usize::from(counts);
        Busy { seat: Arc::clone(self), counts }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let place = *self.place();
        let mut seats = self.room.seats();
        seats.take(place);
        if self.leave.is_cancelled() {
            seats.leaving -= 1;
            drop(seats);
            self.room.done.notify_one();
        }
    }
}

/// A connection whose request is being judged.
#[derive(Debug)]
pub struct Busy {
    seat: Arc<Seat>,
    /// Not where it had to leave a moment before.
    counts: bool,
}

impl Drop for Busy {
    fn drop(&mut self) {
        if !self.counts {
            return;
        }
        let mut seats = self.seat.room.seats();
        seats.busy -= 1;
        *self.seat.place() = seats.wait(Rank::Known, &self.seat.leave);
        drop(seats);
        self.seat.room.done.notify_one();
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

    fn has_to_leave(seat: &Seat) -> bool {
        seat.leave.is_cancelled()
    }

    #[test]
    fn the_oldest_of_the_largest_kind_goes() {
        let room = Room::new(5);
        let [known, begun] = [(); 2].map(|()| enter(&room));
        drop(known.busy());
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
            drop(seat.busy());
        }
        let _newest = enter(&room);
        assert!(has_to_leave(&silent[1]), "three are idle, and this for longest");
    }

    #[test]
    fn who_is_judged_stays() {
        let room = Room::new(2);
        let (one, other) = (enter(&room), enter(&room));
        let (judged, also) = (one.busy(), other.busy());
        assert!(room.try_enter().is_none(), "nobody can go");
        drop(also);
        assert!(room.try_enter().is_some() && has_to_leave(&other));
        drop(judged);
        assert!(!has_to_leave(&one));
    }

    #[test]
    fn nobody_comes_while_too_many_leave() {
        let room = Room::new(1);
        let mut seats: Vec<_> = (0..=LEAVING).map(|_| enter(&room)).collect();
        assert!(room.try_enter().is_none());
        seats.remove(0);
        assert!(room.try_enter().is_some());
    }

    #[test]
    fn who_goes_leaves_a_seat_behind() {
        let room = Room::new(1);
        for _ in 0..3 {
            let seat = enter(&room);
            let busy = seat.busy();
            drop(seat);
            drop(busy);
            assert_eq!(counts(&room), (0, 0));
        }
        // asked to leave while its request came in: counted nowhere
        let (seat, next) = (enter(&room), enter(&room));
        drop(seat.busy());
        assert_eq!(counts(&room), (1, 1));
        drop((seat, next));
        assert_eq!(counts(&room), (0, 0));
    }
}
