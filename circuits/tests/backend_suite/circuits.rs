//! Small circuits that together use every feature of a constraint system.

use std::sync::LazyLock;

use halo2_proofs::{
    circuit::{Layouter, SimpleFloorPlanner, Value},
    plonk::{
        Advice, Challenge, Circuit, Column, ConstraintSystem, Error, Expression, FirstPhase, Fixed, Instance,
        SecondPhase, Selector, TableColumn,
    },
    poly::Rotation,
};
use halo2curves::{bn256::Fr, ff::Field};
use nonos_circuits::backend::{self, ProvingKey, Srs, Verifier};

/// Keys, verifier and an honest prover of one circuit.
pub struct Setup<C> {
    pub srs: Srs,
    pub pk: ProvingKey,
    pub verifier: Verifier,
    pub make: fn(u64) -> (C, Vec<Vec<Fr>>),
}

impl<C: Circuit<Fr>> Setup<C> {
    pub fn new(k: u32, make: fn(u64) -> (C, Vec<Vec<Fr>>)) -> Self {
        let srs = Srs::developer(k).unwrap();
        Self::with_srs(srs, make)
    }

    pub fn with_srs(srs: Srs, make: fn(u64) -> (C, Vec<Vec<Fr>>)) -> Self {
        let (circuit, instances) = make(1);
        let pk = backend::keygen(&srs, &circuit).unwrap();
        let counts: Vec<usize> = instances.iter().map(Vec::len).collect();
        let verifier = Verifier::new(&srs, pk.get_vk(), &counts).unwrap();
        Self { srs, pk, verifier, make }
    }

    /// A proof for witness `x` and its instances, flat.
    pub fn prove(&self, x: u64) -> (Vec<u8>, Vec<Fr>) {
        let (circuit, instances) = (self.make)(x);
        let columns: Vec<&[Fr]> = instances.iter().map(Vec::as_slice).collect();
        let proof = backend::prove_seeded(&self.srs, &self.pk, circuit, &columns, [x as u8; 32]).unwrap();
        (proof, instances.concat())
    }
}

/// One multiplication: public c = a·b. No lookups, one phase, degree 3.
#[derive(Clone, Default)]
pub struct Multiply {
    pub a: Value<Fr>,
    pub b: Value<Fr>,
}

pub const MULTIPLY_K: u32 = 4;

/// Made once, for tests that run many cases.
pub static MULTIPLY: LazyLock<Setup<Multiply>> = LazyLock::new(|| Setup::new(MULTIPLY_K, multiply));

pub fn multiply(x: u64) -> (Multiply, Vec<Vec<Fr>>) {
    let (a, b) = (Fr::from(x), Fr::from(x + 7));
    (Multiply { a: Value::known(a), b: Value::known(b) }, vec![vec![a * b]])
}

#[derive(Clone)]
pub struct MultiplyConfig {
    columns: [Column<Advice>; 3],
    instance: Column<Instance>,
    selector: Selector,
}

impl Circuit<Fr> for Multiply {
    type Config = MultiplyConfig;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = ();

    fn without_witnesses(&self) -> Self {
        Self::default()
    }

    fn configure(cs: &mut ConstraintSystem<Fr>) -> MultiplyConfig {
        let columns = [(); 3].map(|_| cs.advice_column());
        let instance = cs.instance_column();
        let selector = cs.selector();
        cs.enable_equality(columns[2]);
        cs.enable_equality(instance);
        cs.create_gate("product", |cells| {
            let q = cells.query_selector(selector);
            let [a, b, c] = columns.map(|column| cells.query_advice(column, Rotation::cur()));
            [q * (a * b - c)]
        });
        MultiplyConfig { columns, instance, selector }
    }

    fn synthesize(&self, config: MultiplyConfig, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        let [a, b, c] = config.columns;
        let cell = layouter.assign_region(
            || "product",
            |mut region| {
                config.selector.enable(&mut region, 0)?;
                region.assign_advice(a, 0, self.a);
                region.assign_advice(b, 0, self.b);
                let product = self.a.zip(self.b).map(|(a, b)| a * b);
                Ok(region.assign_advice(c, 0, product).cell())
            },
        )?;
        layouter.constrain_instance(cell, config.instance, 0);
        Ok(())
    }
}

/// Everything at once: two phases with a challenge, seven first-phase columns, rotations -1, 0, 1 and 3, two lookups
/// (one of them with two columns), two instance columns (one read by a gate, one copied), several permutation products,
/// an all-zero fixed column, degree 5.
#[derive(Clone, Default)]
pub struct Rich {
    pub x: Option<u64>,
}

pub const RICH_K: u32 = 6;
const ROWS: u64 = 8;

pub fn rich(x: u64) -> (Rich, Vec<Vec<Fr>>) {
    let values = RichValues::new(x);
    let split = Fr::from(1000);
    let by_gate = vec![Fr::from(x) - split, split];
    let copied = vec![values.a[3][1], values.a[4][7]];
    (Rich { x: Some(x) }, vec![by_gate, copied])
}

struct RichValues {
    a: [[Fr; ROWS as usize]; 7],
}

impl RichValues {
    fn new(x: u64) -> Self {
        let mut a = [[Fr::ZERO; ROWS as usize]; 7];
        for i in 0..ROWS as usize {
            let row = i as u64;
            a[0][i] = Fr::from(x + row);
            a[1][i] = Fr::from(2 + row);
            a[2][i] = Fr::from(3);
            a[3][i] = a[0][i] * a[1][i] * a[2][i];
            a[5][i] = Fr::from((x + row) % 16);
            a[6][i] = a[5][i].square();
            a[4][i] = if i < 2 { Fr::from(x) } else { a[4][i - 1] + a[5][i - 2] };
        }
        Self { a }
    }
}

#[derive(Clone)]
pub struct RichConfig {
    a: [Column<Advice>; 7],
    folded: Column<Advice>,
    challenge: Challenge,
    first_row: Column<Fixed>,
    constants: Column<Fixed>,
    instances: [Column<Instance>; 2],
    active: Selector,
    looked_up: Selector,
    table: [TableColumn; 2],
}

impl Circuit<Fr> for Rich {
    type Config = RichConfig;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = ();

    fn without_witnesses(&self) -> Self {
        Self::default()
    }

    fn configure(cs: &mut ConstraintSystem<Fr>) -> RichConfig {
        let a = [(); 7].map(|_| cs.advice_column_in(FirstPhase));
        let challenge = cs.challenge_usable_after(FirstPhase);
        let folded = cs.advice_column_in(SecondPhase);
        let first_row = cs.fixed_column();
        let constants = cs.fixed_column();
        let zero = cs.fixed_column();
        let instances = [(); 2].map(|_| cs.instance_column());
        let (active, looked_up) = (cs.selector(), cs.complex_selector());
        let table = [(); 2].map(|_| cs.lookup_table_column());
        for column in a {
            cs.enable_equality(column);
        }
        cs.enable_constant(constants);
        cs.enable_equality(instances[1]);

        cs.create_gate("products", |cells| {
            let q = cells.query_selector(active);
            let [a0, a1, a2, a3] = [0, 1, 2, 3].map(|i| cells.query_advice(a[i], Rotation::cur()));
            let zero = cells.query_fixed(zero, Rotation::cur());
            let product = a0.clone() * a1 * a2;
            [q.clone() * (product.clone() - a3.clone() + zero), q * (a3.clone() * a3.clone() - product * a3)]
        });
        cs.create_gate("steps", |cells| {
            let q = cells.query_selector(active);
            let [now, next, far] = [0, 1, 3].map(|r| cells.query_advice(a[4], Rotation(r)));
            let [before, here, after] = [-1, 0, 1].map(|r| cells.query_advice(a[5], Rotation(r)));
            [q.clone() * (next.clone() - now - before), q * (far - next - here - after)]
        });
        cs.create_gate("instance", |cells| {
            let first = cells.query_fixed(first_row, Rotation::cur());
            let a0 = cells.query_advice(a[0], Rotation::cur());
            let [u, v] = [0, 1].map(|r| cells.query_instance(instances[0], Rotation(r)));
            [first * (a0 - u - v)]
        });
        cs.create_gate("fold", |cells| {
            let q = cells.query_selector(active);
            let [a0, a1, f] = [a[0], a[1], folded].map(|column| cells.query_advice(column, Rotation::cur()));
            let c = cells.query_challenge(challenge);
            [q * (f - a0 - c * a1)]
        });
        cs.lookup("range", |cells| {
            let q = cells.query_selector(looked_up);
            vec![(q * cells.query_advice(a[5], Rotation::cur()), table[0])]
        });
        cs.lookup("square", |cells| {
            let q = cells.query_selector(looked_up);
            let [v, s] = [5, 6].map(|i| cells.query_advice(a[i], Rotation::cur()));
            vec![(q.clone() * v, table[0]), (q * s, table[1])]
        });
        RichConfig { a, folded, challenge, first_row, constants, instances, active, looked_up, table }
    }

    fn synthesize(&self, config: RichConfig, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        layouter.assign_table(
            || "squares",
            |mut table| {
                for i in 0..16u64 {
                    let value = Fr::from(i);
                    table.assign_cell(|| "v", config.table[0], i as usize, || Value::known(value))?;
                    let square = value.square();
                    table.assign_cell(|| "s", config.table[1], i as usize, || Value::known(square))?;
                }
                Ok(())
            },
        )?;
        let values = self.x.map(RichValues::new);
        let (product, last) = layouter.assign_region(
            || "rows",
            |mut region| {
                region.assign_fixed(config.first_row, 0, Fr::ONE);
                let three = region.assign_fixed(config.constants, 0, Fr::from(3));
                let mut cells = vec![];
                for row in 0..ROWS as usize {
                    if (1..=4).contains(&row) {
                        config.active.enable(&mut region, row)?;
                    }
                    config.looked_up.enable(&mut region, row)?;
                    for (i, column) in config.a.iter().enumerate() {
                        let value = values.as_ref().map(|values| values.a[i][row]);
                        let value = value.map_or(Value::unknown(), Value::known);
                        cells.push(region.assign_advice(*column, row, value).cell());
                    }
                }
                let at = |column: usize, row: usize| cells[row * 7 + column];
                region.constrain_equal(at(2, 1), three);
                region.constrain_equal(at(4, 0), at(0, 0));
                region.constrain_equal(at(4, 1), at(4, 0));
                region.next_phase();
                let challenge = region.get_challenge(config.challenge);
                for row in 0..ROWS as usize {
                    let folded = values.as_ref().map_or(Value::unknown(), |values| {
                        challenge.map(|c| values.a[0][row] + c * values.a[1][row])
                    });
                    region.assign_advice(config.folded, row, folded);
                }
                Ok((at(3, 1), at(4, 7)))
            },
        )?;
        layouter.constrain_instance(product, config.instances[1], 0);
        layouter.constrain_instance(last, config.instances[1], 1);
        Ok(())
    }
}

/// One boolean column: no instances, no copies, no lookups. `DEGREE` is that of the only gate.
#[derive(Clone, Default)]
pub struct Power<const DEGREE: u32>;

pub const POWER_K: u32 = 4;

pub fn boolean(_: u64) -> (Power<3>, Vec<Vec<Fr>>) {
    (Power, vec![])
}

impl<const DEGREE: u32> Circuit<Fr> for Power<DEGREE> {
    type Config = (Column<Advice>, Selector);
    type FloorPlanner = SimpleFloorPlanner;
    type Params = ();

    fn without_witnesses(&self) -> Self {
        Self
    }

    fn configure(cs: &mut ConstraintSystem<Fr>) -> Self::Config {
        let (column, selector) = (cs.advice_column(), cs.selector());
        cs.create_gate("power", |cells| {
            let q = cells.query_selector(selector);
            let a = cells.query_advice(column, Rotation::cur());
            let one = Expression::Constant(Fr::ONE);
            let power = (1..DEGREE).fold(one, |product, _| product * a.clone());
            [q * (power - a)]
        });
        (column, selector)
    }

    fn synthesize(
        &self,
        (column, selector): Self::Config,
        mut layouter: impl Layouter<Fr>,
    ) -> Result<(), Error> {
        layouter.assign_region(
            || "one",
            |mut region| {
                selector.enable(&mut region, 0)?;
                region.assign_advice(column, 0, Value::known(Fr::ONE));
                Ok(())
            },
        )
    }
}
