//! One value over time: the list of (version, value) pairs behind an account field or a storage slot.

/// Values in the order of the version they were written at.
#[derive(Clone, Debug)]
pub(crate) struct History<T>(Vec<(u64, T)>);

impl<T> Default for History<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> History<T> {
    /// The value in force at `version`: the last one written at or before it.
    pub(crate) fn at(&self, version: u64) -> Option<&T> {
        let after = self.0.partition_point(|(written, _)| *written <= version);
        after.checked_sub(1).and_then(|i| self.0.get(i)).map(|(_, value)| value)
    }

    /// The newest value.
    pub(crate) fn latest(&self) -> Option<&T> {
        self.0.last().map(|(_, value)| value)
    }

    /// Writes a value; `version` must not be older than the last one written.
    pub(crate) fn push(&mut self, version: u64, value: T) {
        self.0.push((version, value));
    }

    /// Forgets what was written after `version`; true when nothing is left.
    pub(crate) fn truncate(&mut self, version: u64) -> bool {
        self.0.truncate(self.0.partition_point(|(written, _)| *written <= version));
        self.0.is_empty()
    }

    /// Forgets values that are not in force at or after `floor`.
    pub(crate) fn prune(&mut self, floor: u64) {
        let after = self.0.partition_point(|(written, _)| *written <= floor);
        if let Some(dead) = after.checked_sub(1) {
            self.0.drain(..dead);
        }
    }

    /// True when no value was ever written (or all were truncated).
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history() -> History<char> {
        let mut history = History::default();
        for (version, value) in [(2, 'a'), (5, 'b'), (9, 'c')] {
            history.push(version, value);
        }
        history
    }

    #[test]
    fn a_value_holds_from_its_version_until_the_next() {
        let history = history();
        let seen: Vec<_> = (0..11).map(|v| history.at(v).copied()).collect();
        let expected =
            [None, None, Some('a'), Some('a'), Some('a'), Some('b'), Some('b'), Some('b'), Some('b')];
        assert_eq!(seen[..9], expected);
        assert_eq!(seen[9..], [Some('c'), Some('c')]);
    }

    #[test]
    fn truncating_restores_the_past_and_reports_emptiness() {
        let mut history = history();
        assert!(!history.truncate(8));
        assert_eq!(history.latest(), Some(&'b'));
        assert!(history.truncate(1));
        assert!(history.is_empty());
    }

    #[test]
    fn pruning_keeps_every_answer_at_and_after_the_floor() {
        let full = history();
        for floor in 0..12 {
            let mut pruned = history();
            pruned.prune(floor);
            for version in floor..12 {
                assert_eq!(pruned.at(version), full.at(version), "floor {floor} version {version}");
            }
        }
    }
}
