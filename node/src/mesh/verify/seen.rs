//! Nullifiers of verified receipts: a receipt counts once.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nonos_core::{MessageId, Nullifier};

/// The nullifiers verified last. Only verified receipts get in: a forged one must never shadow a real one.
pub struct Seen {
    state: Mutex<(HashMap<Nullifier, MessageId>, VecDeque<Nullifier>)>,
    capacity: usize,
}

impl Seen {
    /// Remembers up to `capacity`; the oldest go first.
    pub fn new(capacity: usize) -> Self {
        Self { state: Mutex::default(), capacity: capacity.max(1) }
    }

    fn lock(&self) -> MutexGuard<'_, (HashMap<Nullifier, MessageId>, VecDeque<Nullifier>)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The verified receipt that used this nullifier.
    pub fn get(&self, nullifier: &Nullifier) -> Option<MessageId> {
        self.lock().0.get(nullifier).copied()
    }

    /// Enters a verified receipt; `Err` is the one that came first.
    pub fn enter(&self, nullifier: Nullifier, id: MessageId) -> Result<(), MessageId> {
        let mut state = self.lock();
        let (map, order) = &mut *state;
        if let Some(first) = map.get(&nullifier) {
            return Err(*first);
        }
        if order.len() >= self.capacity
            && let Some(oldest) = order.pop_front()
        {
            map.remove(&oldest);
        }
        map.insert(nullifier, id);
        order.push_back(nullifier);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nonos_core::Fr;

    #[test]
    fn the_first_stays_and_the_oldest_goes() {
        let seen = Seen::new(2);
        let [a, b, c] = [1, 2, 3].map(|n| Nullifier::from(Fr::from(n)));
        let [x, y] = [[1; 32], [2; 32]].map(MessageId::from);
        assert_eq!(seen.enter(a, x), Ok(()));
        assert_eq!(seen.enter(a, y), Err(x));
        assert_eq!(seen.enter(b, y), Ok(()));
        assert_eq!(seen.enter(c, y), Ok(()));
        assert_eq!((seen.get(&a), seen.get(&b), seen.get(&c)), (None, Some(y), Some(y)));
    }
}
