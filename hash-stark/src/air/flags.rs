//! Which round a row is, which slot it belongs to, and the equations between public values.

use super::{Frame, pack};
use crate::columns::{CAPACITY_LANES, Edge, Kind, LIMBS};
use crate::keccak::ROUNDS;
use crate::statement::{POSITION_BITS, at};
use p3_air::AirBuilder;
use p3_field::{Dup, PrimeCharacteristicRing};

/// Every kind, in order.
const KINDS: [Kind; 7] = [Kind::In0, Kind::In1, Kind::Absorb, Kind::End, Kind::Out0, Kind::Out1, Kind::Fill];

/// Constrains steps, kinds, the counter, edges, the held capacity, and the public values among each other.
pub(super) fn constrain<AB: AirBuilder>(
    frame: &Frame<'_, AB>,
    emit: &mut impl FnMut(&'static str, AB::Expr),
) {
    let Frame { row, next, public, first, last, transition } = frame;
    let one = AB::Expr::ONE;
    let kind = |kind: Kind| -> AB::Expr { row.kind(kind).into() };
    let then = |kind: Kind| -> AB::Expr { next.kind(kind).into() };

    for i in 0..ROUNDS {
        let start = AB::Expr::from_bool(i == 0);
        emit("first step", first.dup() * (row.step(i).into() - start));
        emit("step", transition.dup() * (next.step((i + 1) % ROUNDS).into() - row.step(i).into()));
    }
    let end: AB::Expr = row.step(ROUNDS - 1).into();
    let inside = transition.dup() * (one.dup() - end.dup());
    let across = transition.dup() * end.dup();

    for k in KINDS {
        emit("kind is a bit", kind(k).bool_check());
        let start = AB::Expr::from_bool(k == Kind::In0);
        emit("first kind", first.dup() * (kind(k) - start));
        emit("kind stays", inside.dup() * (then(k) - kind(k)));
    }
    emit("In0 once", across.dup() * then(Kind::In0));
    emit("In1 after In0", across.dup() * (then(Kind::In1) - kind(Kind::In0)));
    let absorbs = then(Kind::Absorb) + then(Kind::End);
    emit(
        "Absorb or End after In1 and Absorb",
        across.dup() * (absorbs.dup() - kind(Kind::In1) - kind(Kind::Absorb)),
    );
    emit("Out0 after End", across.dup() * (then(Kind::Out0) - kind(Kind::End)));
    emit("Out1 after Out0", across.dup() * (then(Kind::Out1) - kind(Kind::Out0)));
    emit("Fill after Out1 and Fill", across.dup() * (then(Kind::Fill) - kind(Kind::Out1) - kind(Kind::Fill)));
    emit("last kind", last.dup() * (kind(Kind::Fill) - one.dup()));

    emit("first count", first.dup() * row.count().into());
    emit("count", transition.dup() * (next.count().into() - row.count().into() - end.dup() * absorbs));
    emit("End at the chunk's blocks", kind(Kind::End) * (row.count().into() - public[at::BLOCKS].dup()));

    let edges = [
        (Edge::In0, Kind::In0),
        (Edge::In1, Kind::In1),
        (Edge::Absorb, Kind::Absorb),
        (Edge::End, Kind::End),
        (Edge::Out0, Kind::Out0),
        (Edge::Out1, Kind::Out1),
    ];
    for (e, k) in edges {
        emit("edge", row.edge(e).into() - end.dup() * kind(k));
    }
    emit("pad edge", row.edge(Edge::Pad).into() - row.edge(Edge::Absorb).into() * then(Kind::End));
    emit("only edge", row.edge(Edge::Only).into() - row.edge(Edge::In1).into() * then(Kind::End));

    let at_start =
        (0..POSITION_BITS).fold(one.dup(), |acc, bit| acc * (one.dup() - public[at::POSITION + bit].dup()));
    for lane in 0..CAPACITY_LANES {
        for limb in 0..LIMBS {
            let held: AB::Expr = row.held(lane, limb).into();
            emit("held stays", transition.dup() * (next.held(lane, limb).into() - held.dup()));
            emit("empty state at position 0", at_start.dup() * held);
        }
    }

    // The check of the padding takes the state before an only block to be zero.
    emit(
        "only block of the last chunk at position 0",
        public[at::LAST].dup() * (one.dup() - at_start) * row.edge(Edge::Only).into(),
    );

    let number = |from: usize| pack(&public[from..from + POSITION_BITS]);
    emit("next position", number(at::NEXT) - number(at::POSITION) - one.dup());
    let starts: AB::Expr = (at::PADDING..at::COUNT).map(|i| public[i].dup()).sum();
    emit("padding in the last chunk", starts - public[at::LAST].dup());
}
