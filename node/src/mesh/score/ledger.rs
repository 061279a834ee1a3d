//! Offences of peers, in points that fade, and the bans they end in.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use libp2p::PeerId;

use super::params::ScoreParams;

/// Peers remembered; beyond that the most harmless one is forgotten.
const MAX_ENTRIES: usize = 8_192;

/// What a peer did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Offence {
    /// A message that every honest node refuses: malformed, false proof, wrong signature.
    Invalid,
    /// An answer that is not what was asked for.
    WrongAnswer,
    /// So many messages over the allowed rate, dropped unread.
    Throttled(u32),
    /// A useless message beyond the allowance: stale, repeated, of unknown roots.
    Useless,
    /// Said to have something and did not give it.
    EmptyPromise,
    /// Asked more than it may.
    Greedy,
}

impl Offence {
    /// Points; [`ScoreParams::ban_at`] of them are a ban.
    pub fn points(self) -> f64 {
        match self {
            Self::Invalid => 60.0,
            Self::WrongAnswer => 50.0,
            Self::Throttled(n) => 0.05 * f64::from(n),
            Self::Useless => 0.5,
            Self::EmptyPromise => 0.5,
            Self::Greedy => 0.2,
        }
    }
}

/// A ban.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sentence {
    /// How long.
    pub length: Duration,
    /// Which ban of this peer it is, from 1.
    pub nth: u32,
}

#[derive(Debug, Clone)]
struct Entry {
    points: f64,
    at: Instant,
    bans: u32,
}

/// Points of every peer that has any.
#[derive(Debug)]
pub struct Ledger {
    params: ScoreParams,
    entries: HashMap<PeerId, Entry>,
}

impl Ledger {
    /// Nobody did anything.
    pub fn new(params: ScoreParams) -> Self {
        Self { params, entries: HashMap::new() }
    }

    fn faded(&self, entry: &Entry, now: Instant) -> f64 {
        let lives = now.saturating_duration_since(entry.at).as_secs_f64()
            / self.params.points_half_life.as_secs_f64().max(f64::MIN_POSITIVE);
        entry.points * 0.5f64.powf(lives)
    }

    /// Points of a peer at `now`.
    pub fn points(&self, peer: &PeerId, now: Instant) -> f64 {
        self.entries.get(peer).map_or(0.0, |entry| self.faded(entry, now))
    }

    /// Enters an offence. `Some`: the peer is to be banned; its points start over, its record of bans does not.
    pub fn enter(&mut self, peer: PeerId, offence: Offence, now: Instant) -> Option<Sentence> {
        if self.entries.len() >= MAX_ENTRIES && !self.entries.contains_key(&peer) {
            self.forget_one(now);
        }
        let points = self.points(&peer, now) + offence.points();
        let ban = points >= self.params.ban_at;
        let entry = self.entries.entry(peer).or_insert(Entry { points: 0.0, at: now, bans: 0 });
        entry.at = now;
        entry.points = if ban { 0.0 } else { points };
        if !ban {
            return None;
        }
        entry.bans = entry.bans.saturating_add(1);
        let doubled = 2u32.saturating_pow(entry.bans.saturating_sub(1).min(16));
        let length = self.params.ban.saturating_mul(doubled).min(self.params.ban_max);
        Some(Sentence { length, nth: entry.bans })
    }

    fn forget_one(&mut self, now: Instant) {
        let weight = |entry: &Entry| f64::from(entry.bans) * self.params.ban_at + self.faded(entry, now);
        let harmless = self.entries.iter().min_by(|(_, a), (_, b)| weight(a).total_cmp(&weight(b)));
        if let Some(peer) = harmless.map(|(peer, _)| *peer) {
            self.entries.remove(&peer);
        }
    }

    /// Forgets whose points have faded and who was never banned.
    pub fn sweep(&mut self, now: Instant) {
        let gone: Vec<PeerId> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.bans == 0 && self.faded(entry, now) < 0.01)
            .map(|(peer, _)| *peer)
            .collect();
        for peer in gone {
            self.entries.remove(&peer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_lies_are_a_ban_and_each_ban_is_twice_as_long() {
        let params = ScoreParams::default();
        let (mut ledger, peer, now) = (Ledger::new(params.clone()), PeerId::random(), Instant::now());
        for nth in 1..=3u32 {
            assert_eq!(ledger.enter(peer, Offence::Invalid, now), None);
            let sentence = ledger.enter(peer, Offence::Invalid, now).unwrap();
            assert_eq!(sentence, Sentence { length: params.ban * 2u32.pow(nth - 1), nth });
        }
        for _ in 0..60 {
            let _ = ledger.enter(peer, Offence::Invalid, now);
        }
        let _ = ledger.enter(peer, Offence::Invalid, now);
        let longest = ledger.enter(peer, Offence::Invalid, now).unwrap();
        assert_eq!(longest.length, params.ban_max);
    }

    #[test]
    fn points_fade_by_half_and_are_swept() {
        let params = ScoreParams::default();
        let half = params.points_half_life;
        let (mut ledger, peer, now) = (Ledger::new(params), PeerId::random(), Instant::now());
        assert_eq!(ledger.enter(peer, Offence::WrongAnswer, now), None);
        assert!((ledger.points(&peer, now + half) - 25.0).abs() < 1e-9);
        ledger.sweep(now + half);
        assert_eq!(ledger.entries.len(), 1);
        ledger.sweep(now + half * 20);
        assert_eq!(ledger.entries.len(), 0);
    }

    #[test]
    fn a_flood_is_a_ban_after_two_thousand_messages() {
        let (mut ledger, peer, now) = (Ledger::new(ScoreParams::default()), PeerId::random(), Instant::now());
        let until = (1..).find(|_| ledger.enter(peer, Offence::Throttled(1), now).is_some()).unwrap();
        assert!((1_999..=2_001).contains(&until), "{until}");
    }

    #[test]
    fn the_ledger_is_bounded_and_forgets_the_harmless_first() {
        let (mut ledger, now) = (Ledger::new(ScoreParams::default()), Instant::now());
        let bad = PeerId::random();
        ledger.enter(bad, Offence::Invalid, now);
        for _ in 0..MAX_ENTRIES + 50 {
            ledger.enter(PeerId::random(), Offence::Greedy, now);
        }
        assert_eq!(ledger.entries.len(), MAX_ENTRIES);
        assert!(ledger.points(&bad, now) > 59.0);
    }
}
