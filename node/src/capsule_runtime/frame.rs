//! Frames on the pipes between runtime and child: `kind (1) ‖ length (4, big-endian) ‖ payload`.
//!
//! Every frame kind has a size cap that is checked before anything is allocated, so that neither side can be
//! made to buffer what it did not ask for.

use std::io::{self, Read, Write};

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// Parent to child: the request header (JSON).
    Request = 1,
    /// Parent to child: the capsule binary.
    Capsule = 2,
    /// Parent to child: the input.
    Input = 3,
    /// Child to parent: measured state and evidence (JSON).
    Measured = 4,
    /// Parent to child: run it. Empty.
    Go = 5,
    /// Child to parent: how the run ended (JSON).
    Report = 6,
    /// Child to parent: the output.
    Output = 7,
    /// Child to parent: the log.
    Log = 8,
}

/// Largest capsule binary, bytes.
pub(super) const MAX_CAPSULE: usize = 16 << 20;
/// Largest input and largest output, bytes.
pub(super) const MAX_DATA: usize = 16 << 20;

impl Kind {
    const fn cap(self) -> usize {
        match self {
            Self::Request | Self::Measured | Self::Report => 64 << 10,
            Self::Capsule => MAX_CAPSULE,
            Self::Input | Self::Output => MAX_DATA,
            Self::Log => 1 << 20,
            Self::Go => 0,
        }
    }
}

/// Failures of the pipe protocol.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    #[error("the other side closed the pipe")]
    Closed,
    #[error("pipe: {0}")]
    Io(io::Error),
    #[error("frame kind {found} where {expected:?} was expected")]
    Kind { expected: Kind, found: u8 },
    #[error("{kind:?} frame of {length} bytes, the cap is {cap}")]
    TooLarge { kind: Kind, length: usize, cap: usize },
}

/// Writes one frame and flushes.
pub(super) fn write(out: &mut impl Write, kind: Kind, payload: &[u8]) -> Result<(), FrameError> {
    let length = payload.len();
    if length > kind.cap() {
        return Err(FrameError::TooLarge { kind, length, cap: kind.cap() });
    }
    let mut header = [kind as u8, 0, 0, 0, 0];
    header[1..].copy_from_slice(&(length as u32).to_be_bytes());
    let io = |e: io::Error| match e.kind() {
        io::ErrorKind::BrokenPipe => FrameError::Closed,
        _ => FrameError::Io(e),
    };
    out.write_all(&header).and_then(|()| out.write_all(payload)).and_then(|()| out.flush()).map_err(io)
}

/// Reads one frame of the expected kind.
pub(super) fn read(input: &mut impl Read, expected: Kind) -> Result<Vec<u8>, FrameError> {
    let io = |e: io::Error| match e.kind() {
        io::ErrorKind::UnexpectedEof => FrameError::Closed,
        _ => FrameError::Io(e),
    };
    let mut header = [0; 5];
    input.read_exact(&mut header).map_err(io)?;
    let [found, length @ ..] = header;
    if found != expected as u8 {
        return Err(FrameError::Kind { expected, found });
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > expected.cap() {
        return Err(FrameError::TooLarge { kind: expected, length, cap: expected.cap() });
    }
    let mut payload = vec![0; length];
    input.read_exact(&mut payload).map_err(io)?;
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn oversized_frames_are_refused_before_they_are_read() {
        let mut header = vec![Kind::Report as u8];
        header.extend_from_slice(&u32::MAX.to_be_bytes());
        let error = read(&mut &header[..], Kind::Report).unwrap_err();
        assert_eq!(error.to_string(), "Report frame of 4294967295 bytes, the cap is 65536");
        let error = write(&mut Vec::new(), Kind::Go, &[0]).unwrap_err();
        assert_eq!(error.to_string(), "Go frame of 1 bytes, the cap is 0");
    }

    #[test]
    fn another_kind_and_a_cut_are_told_apart() {
        let mut bytes = Vec::new();
        write(&mut bytes, Kind::Log, b"abc").unwrap();
        assert!(matches!(
            read(&mut &bytes[..], Kind::Output),
            Err(FrameError::Kind { expected: Kind::Output, found: 8 })
        ));
        for length in 0..bytes.len() {
            assert!(matches!(read(&mut &bytes[..length], Kind::Log), Err(FrameError::Closed)));
        }
    }

    proptest! {
        #[test]
        fn frames_round_trip(payload in prop::collection::vec(any::<u8>(), 0..2000)) {
            let mut bytes = Vec::new();
            write(&mut bytes, Kind::Input, &payload).unwrap();
            prop_assert_eq!(read(&mut &bytes[..], Kind::Input).unwrap(), payload);
        }
    }
}
