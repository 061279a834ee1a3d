//! Gossipsub's score, tuned so that nothing a peer earns pays for one lie.
//!
//! ```text
//! score = min(cap, sum over topics of weight·(P1 + P2 - P4)) + P5 - P6 - P7
//!   P1 time in mesh, P2 first deliveries, P4 invalid messages (squared), P5 ours, P6 many peers on one address,
//!   P7 broken promises of the protocol
//! ```
//!
//! gossipsub caps the *sum* of the topics, after P4. What is earned on one topic therefore still counts, uncapped, against
//! an invalid message on another, and that uncapped sum is what [`ScoreParams::invalid_weight`] must outweigh.

use std::time::Duration;

use libp2p::gossipsub::{PeerScoreParams, PeerScoreThresholds, TopicScoreParams, score_parameter_decay};

use crate::mesh::topic::Topic;

/// What behaviour is worth. All numbers are points of gossip score unless they say otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreParams {
    /// Most that time in the mesh earns on a topic.
    pub time_cap: f64,
    /// Most that first deliveries earn on a topic.
    pub deliveries_cap: f64,
    /// What one first delivery earns.
    pub delivery: f64,
    /// Most that all topics together earn.
    pub topics_cap: f64,
    /// What the highest trust score on chain earns.
    pub trust_cap: f64,
    /// What the n-th unforgotten invalid message costs is this times n².
    pub invalid_weight: f64,
    /// How long it takes until an invalid message weighs a tenth.
    pub invalid_decay: Duration,
    /// Below this no gossip is exchanged.
    pub gossip_threshold: f64,
    /// Below this own messages are not sent to the peer.
    pub publish_threshold: f64,
    /// Below this everything the peer sends is dropped unread.
    pub graylist_threshold: f64,
    /// Peers on one address from which each further one costs all of them; `None` where addresses say nothing.
    pub peers_per_address: Option<f64>,
    /// What one point of the ledger costs.
    pub point_weight: f64,
    /// How long it takes until offence points are halved.
    pub points_half_life: Duration,
    /// A peer with this many points is banned.
    pub ban_at: f64,
    /// Length of a first ban; each further one is twice as long.
    pub ban: Duration,
    /// Longest ban.
    pub ban_max: Duration,
}

impl Default for ScoreParams {
    fn default() -> Self {
        Self {
            time_cap: 10.0,
            deliveries_cap: 20.0,
            delivery: 0.5,
            topics_cap: 40.0,
            trust_cap: 20.0,
            invalid_weight: 400.0,
            invalid_decay: Duration::from_secs(1_800),
            gossip_threshold: -20.0,
            publish_threshold: -50.0,
            graylist_threshold: -100.0,
            peers_per_address: Some(8.0),
            point_weight: 4.0,
            points_half_life: Duration::from_secs(300),
            ban_at: 100.0,
            ban: Duration::from_secs(600),
            ban_max: Duration::from_secs(86_400),
        }
    }
}

impl ScoreParams {
    /// The most a peer can earn on all topics together, before the cap.
    pub fn max_uncapped_topics(&self) -> f64 {
        Topic::ALL.len() as f64 * (self.time_cap + self.deliveries_cap)
    }

    /// The highest score a peer can have.
    pub fn max_score(&self) -> f64 {
        self.max_uncapped_topics().min(self.topics_cap) + self.trust_cap
    }

    /// The highest score a peer can have right after its first invalid message.
    pub fn max_score_after_one_invalid(&self) -> f64 {
        (self.max_uncapped_topics() - self.invalid_weight).min(self.topics_cap) + self.trust_cap
    }

    /// What the application adds to the score: trust (0 to 1000) lifts it a little, offence points lower it without
    /// bound.
    pub fn application_score(&self, trust: u16, points: f64) -> f64 {
        self.trust_cap * (f64::from(trust.min(1_000)) / 1_000.0) - self.point_weight * points
    }

    /// Says what is inconsistent.
    pub fn check(&self) -> Result<(), String> {
        let after = self.max_score_after_one_invalid();
        if after >= self.graylist_threshold {
            return Err(format!(
                "a peer with every merit still has {after} points after an invalid message, which must be below the graylist threshold of {}: raise invalid_weight or lower the caps",
                self.graylist_threshold
            ));
        }
        if self.ban_at <= 0.0 || self.point_weight < 0.0 {
            return Err("ban_at must be positive and point_weight not negative".into());
        }
        Ok(())
    }

    pub(crate) fn gossipsub(&self) -> PeerScoreParams {
        let topic = TopicScoreParams {
            topic_weight: 1.0,
            time_in_mesh_weight: self.time_cap / 600.0,
            time_in_mesh_quantum: Duration::from_secs(1),
            time_in_mesh_cap: 600.0,
            first_message_deliveries_weight: self.delivery,
            first_message_deliveries_decay: score_parameter_decay(Duration::from_secs(120)),
            first_message_deliveries_cap: self.deliveries_cap / self.delivery,
            // Traffic comes in bursts and may be nil for hours: a peer is not punished for silence.
            mesh_message_deliveries_weight: 0.0,
            mesh_failure_penalty_weight: 0.0,
            invalid_message_deliveries_weight: -self.invalid_weight,
            invalid_message_deliveries_decay: score_parameter_decay(self.invalid_decay),
            ..Default::default()
        };
        PeerScoreParams {
            topics: Topic::ALL.iter().map(|t| (t.hash(), topic.clone())).collect(),
            topic_score_cap: self.topics_cap,
            app_specific_weight: 1.0,
            ip_colocation_factor_weight: if self.peers_per_address.is_some() { -10.0 } else { 0.0 },
            ip_colocation_factor_threshold: self.peers_per_address.unwrap_or(8.0),
            behaviour_penalty_weight: -10.0,
            behaviour_penalty_threshold: 6.0,
            behaviour_penalty_decay: score_parameter_decay(Duration::from_secs(600)),
            decay_interval: Duration::from_secs(1),
            decay_to_zero: 0.01,
            retain_score: Duration::from_secs(3_600),
            slow_peer_weight: -0.02,
            slow_peer_threshold: 100.0,
            slow_peer_decay: score_parameter_decay(Duration::from_secs(60)),
            ..Default::default()
        }
    }

    pub(crate) fn thresholds(&self) -> PeerScoreThresholds {
        PeerScoreThresholds {
            gossip_threshold: self.gossip_threshold,
            publish_threshold: self.publish_threshold,
            graylist_threshold: self.graylist_threshold,
            // Peer exchange is off.
            accept_px_threshold: f64::MAX,
            opportunistic_graft_threshold: 2.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From gossipsub's own parameters, not from ours: P1 and P2 at their caps on every topic at once.
    fn attainable(params: &PeerScoreParams) -> f64 {
        let topics = params.topics.values();
        topics
            .map(|t| {
                let p1 = t.time_in_mesh_cap * t.time_in_mesh_weight;
                let p2 = t.first_message_deliveries_cap * t.first_message_deliveries_weight;
                t.topic_weight * (p1 + p2)
            })
            .sum()
    }

    #[test]
    fn one_invalid_message_outweighs_everything_attainable() {
        let ours = ScoreParams::default();
        let theirs = ours.gossipsub();
        theirs.validate().unwrap();
        ours.thresholds().validate().unwrap();
        assert_eq!(theirs.topics.len(), 3);
        let earned = attainable(&theirs);
        assert!((earned - ours.max_uncapped_topics()).abs() < 1e-9, "{earned}");
        for hit in theirs.topics.values() {
            let p4 = -hit.topic_weight * hit.invalid_message_deliveries_weight;
            let after =
                (earned - p4).min(theirs.topic_score_cap) + theirs.app_specific_weight * ours.trust_cap;
            assert!((after - ours.max_score_after_one_invalid()).abs() < 1e-9);
            assert!(after < ours.graylist_threshold, "{after}: still listened to");
            assert!(p4 > ours.max_score() + earned, "outweighs even without the cap");
        }
    }

    #[test]
    fn trust_lifts_a_little_and_never_beyond_its_cap() {
        let params = ScoreParams::default();
        assert_eq!(params.application_score(0, 0.0), 0.0);
        assert_eq!(params.application_score(500, 0.0), 10.0);
        assert_eq!(params.application_score(u16::MAX, 0.0), params.trust_cap);
        assert!(
            params.application_score(1_000, params.ban_at) + params.topics_cap < params.graylist_threshold
        );
    }

    #[test]
    fn parameters_that_let_a_liar_live_are_refused() {
        let lax = ScoreParams { invalid_weight: 100.0, ..Default::default() };
        assert!(lax.check().unwrap_err().contains("after an invalid message"));
        assert_eq!(ScoreParams::default().check(), Ok(()));
    }
}
