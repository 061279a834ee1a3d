//! edwards25519: −x² + y² = 1 + d·x²·y², affine, complete.
//!
//! The result of an operation is a witness (x3, y3) tied to the operands by two equations. Their denominators are
//! 1 ± d·x1·x2·y1·y2 (for a doubling y² − x² = 1 + d·x²·y² and 2 − y² + x² = 1 − d·x²·y²). −1 is a square and d is none
//! modulo p, so for points of the curve no denominator vanishes (Bernstein, Lange 2007): the witness is the only solution,
//! and it is on the curve. Every point here starts from one whose equation is checked, or from the fixed table.

use super::field::{Element, constant_element};
use super::native::{self, d};
use super::sheet::{Sheet, Wire};
use super::table::{BASE, KEY_POINT, KEY_WINDOW, POINT_LIMBS, multiples, point_limbs};
use halo2curves::bn256::Fr;
use num_bigint::BigUint;
use num_traits::{One, Zero};

/// A point in the circuit.
#[derive(Clone, Debug)]
pub struct PointWires {
    /// First coordinate.
    pub x: Element,
    /// Second coordinate.
    pub y: Element,
}

/// A point and t = d·x·y, which an addition wants of its second operand.
#[derive(Clone, Debug)]
pub struct Addend {
    /// The point.
    pub point: PointWires,
    /// d·x·y.
    pub t: Element,
}

impl PointWires {
    fn native(&self) -> native::Point {
        native::Point { x: &self.x.value % native::p(), y: &self.y.value % native::p() }
    }
}

/// Constants that points are computed with.
#[derive(Clone, Debug)]
pub struct Curve {
    /// 0.
    pub zero: Element,
    /// 1.
    pub one: Element,
    /// d.
    d: Element,
}

impl Curve {
    /// Lays the constants out.
    pub fn new(sheet: &mut Sheet) -> Self {
        Curve {
            zero: constant_element(sheet, &BigUint::zero()),
            one: constant_element(sheet, &BigUint::one()),
            d: constant_element(sheet, d()),
        }
    }

    /// A witness point on the curve.
    ///
    /// ```text
    /// m = x·y     w = d·m     y² − x² − w·m − 1 = 0
    /// ```
    pub fn witness(&self, sheet: &mut Sheet, point: &native::Point) -> PointWires {
        let (x, y) = (sheet.load(&point.x), sheet.load(&point.y));
        let m = sheet.multiply(&x, &y);
        let w = sheet.multiply(&self.d, &m);
        let mut sum = sheet.sum_from(-1);
        sheet.add_product(&mut sum, (1, 0), &y, &y);
        sheet.add_product(&mut sum, (-1, 0), &x, &x);
        sheet.add_product(&mut sum, (-1, 0), &w, &m);
        sheet.vanish(sum);
        PointWires { x, y }
    }

    /// The point with t.
    pub fn addend(&self, sheet: &mut Sheet, point: &PointWires) -> Addend {
        let m = sheet.multiply(&point.x, &point.y);
        Addend { point: point.clone(), t: sheet.multiply(&self.d, &m) }
    }

    /// The neutral element.
    pub fn identity(&self) -> Addend {
        let point = PointWires { x: self.zero.clone(), y: self.one.clone() };
        Addend { point, t: self.zero.clone() }
    }

    /// The multiples 0 to 15 of a point, laid out as rows of the lookup table.
    pub fn offer_multiples(&self, sheet: &mut Sheet, point: &PointWires) {
        let first = self.addend(sheet, point);
        let mut last = self.identity();
        for multiple in 0..1 << KEY_WINDOW {
            match multiple {
                0 => {}
                1 => last = first.clone(),
                _ => {
                    let next = add(sheet, &last.point, &first);
                    last = self.addend(sheet, &next);
                }
            }
            let Addend { point: PointWires { x, y }, t } = &last;
            for (limb, wire) in [x, y, t].iter().flat_map(|element| element.limbs).enumerate() {
                sheet.offer(multiple, limb, wire);
            }
        }
    }
}

/// a + b.
///
/// ```text
/// m = x1·y1     w = m·t2 = d·x1·x2·y1·y2
/// x3·(1 + w) − x1·y2 − y1·x2 = 0     y3·(1 − w) − y1·y2 − x1·x2 = 0
/// ```
pub fn add(sheet: &mut Sheet, a: &PointWires, b: &Addend) -> PointWires {
    let sum = a.native().add(&b.point.native());
    let m = sheet.multiply(&a.x, &a.y);
    let w = sheet.multiply(&m, &b.t);
    let (x3, y3) = (sheet.load(&sum.x), sheet.load(&sum.y));
    let b = &b.point;
    let mut first = sheet.sum_of_products();
    sheet.add_product(&mut first, (1, 1), &x3, &w);
    sheet.add_product(&mut first, (-1, 0), &a.x, &b.y);
    sheet.add_product(&mut first, (-1, 0), &a.y, &b.x);
    sheet.vanish(first);
    let mut second = sheet.sum_of_products();
    sheet.add_product(&mut second, (-1, 1), &y3, &w);
    sheet.add_product(&mut second, (-1, 0), &a.y, &b.y);
    sheet.add_product(&mut second, (-1, 0), &a.x, &b.x);
    sheet.vanish(second);
    PointWires { x: x3, y: y3 }
}

/// 2a.
///
/// ```text
/// v = y² − x²     x3·v − 2·x·y = 0     y3·(2 − v) − x² − y² = 0
/// ```
pub fn double(sheet: &mut Sheet, a: &PointWires) -> PointWires {
    let native = a.native();
    let double = native.add(&native);
    let mut v = sheet.sum_of_products();
    sheet.add_product(&mut v, (1, 0), &a.y, &a.y);
    sheet.add_product(&mut v, (-1, 0), &a.x, &a.x);
    let v = sheet.reduce(v);
    let (x3, y3) = (sheet.load(&double.x), sheet.load(&double.y));
    let mut first = sheet.sum_of_products();
    sheet.add_product(&mut first, (1, 0), &x3, &v);
    sheet.add_product(&mut first, (-2, 0), &a.x, &a.y);
    sheet.vanish(first);
    let mut second = sheet.sum_of_products();
    sheet.add_product(&mut second, (-1, 2), &y3, &v);
    sheet.add_product(&mut second, (-1, 0), &a.x, &a.x);
    sheet.add_product(&mut second, (-1, 0), &a.y, &a.y);
    sheet.vanish(second);
    PointWires { x: x3, y: y3 }
}

/// [s]B + [c]N with the digits of s (base 256) and c (base 16), least significant first, and the cells of the digits.
pub struct Combination {
    /// The point.
    pub point: PointWires,
    /// Digits of s.
    pub s: Vec<Wire>,
    /// Digits of c.
    pub c: Vec<Wire>,
}

/// Natively known multiples, for the values of selected limbs.
pub struct Multiples {
    base: Vec<[u64; POINT_LIMBS]>,
    key: Vec<[u64; POINT_LIMBS]>,
}

impl Multiples {
    /// Of the base point and of `key`.
    pub fn new(key: &native::Point) -> Self {
        let limbs = |point: &native::Point, count| multiples(point, count).iter().map(point_limbs).collect();
        Multiples { base: limbs(native::Point::base(), 256), key: limbs(key, 1 << KEY_WINDOW) }
    }
}

/// Computes [s]B + [c]N from the most significant digits down: four doublings, then a digit of c, and at every second
/// step a digit of s. The multiples of N must be in the table ([`Curve::offer_multiples`]).
pub fn combine(sheet: &mut Sheet, multiples: &Multiples, s: &[u8; 32], c: &[u8; 32]) -> Combination {
    let nibbles: Vec<u8> = c.iter().flat_map(|byte| [byte & 15, byte >> 4]).collect();
    let mut digits = (vec![], vec![]);
    let mut sum: Option<PointWires> = None;
    for (i, nibble) in nibbles.iter().enumerate().rev() {
        if let Some(point) = &mut sum {
            for _ in 0..KEY_WINDOW {
                *point = double(sheet, point);
            }
        }
        let (digit, addend) = select(sheet, KEY_POINT, &multiples.key, *nibble);
        digits.1.push(digit);
        let mut point = match sum {
            None => addend.point,
            Some(point) => add(sheet, &point, &addend),
        };
        if i % 2 == 0 {
            let (digit, addend) = select(sheet, BASE, &multiples.base, s[i / 2]);
            digits.0.push(digit);
            point = add(sheet, &point, &addend);
        }
        sum = Some(point);
    }
    digits.0.reverse();
    digits.1.reverse();
    let point = sum.expect("a scalar has digits");
    Combination { point, s: digits.0, c: digits.1 }
}

fn select(sheet: &mut Sheet, key: u64, multiples: &[[u64; POINT_LIMBS]], digit: u8) -> (Wire, Addend) {
    let values = multiples[usize::from(digit)].map(Fr::from);
    let (digit, limbs) = sheet.select(key, digit.into(), &values);
    let element = |i: usize| Element::from_wires(std::array::from_fn(|j| limbs[4 * i + j]));
    let point = PointWires { x: element(0), y: element(1) };
    (digit, Addend { point, t: element(2) })
}
