//! One encoding per message, bounds before bytes, and an answer that fits its question.

use super::*;
use crate::mesh::exchange::Opinion;
use nonos_core::Fr;
use proptest::prelude::*;

fn request() -> impl Strategy<Value = Request> {
    let word = any::<[u8; 32]>();
    prop_oneof![
        word.prop_map(|w| Request::Receipt(w.into())),
        word.prop_map(|w| Request::ReceiptByLeaf(w.into())),
        word.prop_map(|w| Request::Batch(w.into())),
        word.prop_map(|w| Request::Blob(w.into())),
        any::<u64>().prop_map(|n| Request::Package(Fr::from(n).into())),
        proptest::collection::vec(any::<u8>(), 1..300).prop_map(Request::Verify),
        (1..=MAX_RECENT).prop_map(Request::Recent),
        (word, word, any::<u32>()).prop_map(|(context, hash, piece)| Request::Proof {
            context: context.into(),
            hash: hash.into(),
            piece
        }),
    ]
}

fn opinion() -> impl Strategy<Value = Opinion> {
    prop_oneof![Just(Opinion::Yes), "[ -~]{0,120}".prop_map(Opinion::No), Just(Opinion::NotGiven)]
}

fn response(asked: u8) -> BoxedStrategy<Response> {
    let found = match asked {
        VERIFY => (opinion(), opinion(), opinion())
            .prop_map(|(proof, admission, freshness)| {
                Response::Verdict(MeshVerdict { proof, admission, freshness })
            })
            .boxed(),
        RECENT => proptest::collection::vec(any::<[u8; 32]>().prop_map(MessageId::from), 0..20)
            .prop_map(Response::Recent)
            .boxed(),
        _ => proptest::collection::vec(any::<u8>(), 1..300).prop_map(Response::Found).boxed(),
    };
    prop_oneof![found, Just(Response::NotFound), Just(Response::Busy)].boxed()
}

proptest! {
    #[test]
    fn requests_read_back(request in request()) {
        prop_assert_eq!(Request::decode(&request.encode()), Ok(request));
    }

    #[test]
    fn answers_read_back_for_their_question_alone(
        (asked, response) in (RECEIPT..=PROOF).prop_flat_map(|asked| (Just(asked), response(asked))),
        other in RECEIPT..=PROOF,
    ) {
        let bytes = response.encode(asked);
        prop_assert_eq!(Response::decode(asked, &bytes), Ok(response.clone()));
        let plain = matches!(response, Response::NotFound | Response::Busy);
        if other != asked && !plain {
            prop_assert_eq!(Response::decode(other, &bytes), Err(FrameError::Kind(asked | ANSWER)));
        }
    }

    #[test]
    fn whatever_decodes_encodes_to_the_same_bytes(kind in 0u8..10, bytes in proptest::collection::vec(any::<u8>(), 0..80), asked in RECEIPT..=PROOF) {
        let mut frame = frame(kind, &bytes);
        if let Ok(request) = Request::decode(&frame) {
            prop_assert_eq!(request.encode(), frame.clone());
        }
        frame[0] |= ANSWER;
        if let Ok(response) = Response::decode(asked, &frame) {
            prop_assert_eq!(response.encode(asked), frame);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), asked in any::<u8>()) {
        let _ = (Request::decode(&bytes), Response::decode(asked, &bytes));
    }

    #[test]
    fn cut_or_lengthened_frames_are_refused(request in request(), cut in any::<prop::sample::Index>()) {
        let bytes = request.encode();
        prop_assert!(Request::decode(&bytes[..cut.index(bytes.len())]).is_err());
        prop_assert!(Request::decode(&[&bytes[..], &[0]].concat()).is_err());
    }
}

#[test]
fn bounds_hold_before_a_byte_of_payload_is_read() {
    for (kind, most) in [(RECEIPT, 32), (PACKAGE, 32), (VERIFY, MAX_RECEIPT_BYTES), (RECENT, 2)] {
        assert!(Request::payload_len(kind, most as u64).is_ok());
        assert!(matches!(Request::payload_len(kind, most as u64 + 1), Err(FrameError::Length { .. })));
    }
    for (asked, most) in [
        (RECEIPT, MAX_RECEIPT_BYTES),
        (BATCH, MAX_BATCH_BYTES),
        (BLOB, MAX_BLOB_BYTES),
        (PACKAGE, MAX_PACKAGE_BYTES),
        (RECENT, 32 * 1_024),
    ] {
        assert_eq!(Response::payload_len(asked, asked | ANSWER, most as u64), Ok(most));
        assert!(Response::payload_len(asked, asked | ANSWER, most as u64 + 1).is_err());
        assert!(Response::payload_len(asked, BUSY, 1).is_err());
    }
    assert_eq!(Request::payload_len(0, 0), Err(FrameError::Kind(0)));
}

#[test]
fn a_question_for_no_ids_or_too_many_is_refused() {
    for limit in [0, MAX_RECENT + 1] {
        assert!(matches!(
            Request::decode(&Request::Recent(limit).encode()),
            Err(FrameError::Content { kind: RECENT, .. })
        ));
    }
    let beyond = frame(PACKAGE, &[0xff; 32]);
    assert!(matches!(Request::decode(&beyond), Err(FrameError::Content { kind: PACKAGE, .. })));
}
