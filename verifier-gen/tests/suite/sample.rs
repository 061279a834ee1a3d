//! One configurable circuit that covers what constraint systems can contain.

use halo2_proofs::{
    circuit::{Layouter, Region, SimpleFloorPlanner, Value},
    plonk::{
        Advice, Challenge, Circuit, Column, ConstraintSystem, Error, Expression, FirstPhase, Fixed, Instance,
        SecondPhase, ThirdPhase,
    },
    poly::Rotation,
};
use halo2curves::{bn256::Fr, ff::Field};

/// Rows of the chain gate.
const ROWS: usize = 12;
/// Values of the lookup table.
const TABLE: usize = 16;

/// How an instance column is constrained.
#[derive(Debug, Clone)]
pub enum Public {
    /// Read inside a gate at these rotations: `g = sum (t + 1) instance[rotation_t]`.
    Gate(Vec<i32>),
    /// By equality with advice cells.
    Equality,
}

/// What the circuit contains.
#[derive(Debug, Clone, Default)]
pub struct Spec {
    pub name: &'static str,
    /// Columns of the chain gate, at least one.
    pub advice: usize,
    /// Instance columns: number of values and use.
    pub instances: Vec<(usize, Option<Public>)>,
    pub lookups: usize,
    /// 1 to 3; each phase after the first has one column.
    pub phases: usize,
    /// A gate over rotations -2 .. 3.
    pub far: bool,
    /// Equality on all chain columns and on a fixed column.
    pub equality: bool,
    /// An advice column that nothing reads, and a fixed column of zeros (its commitment is the identity) that a gate reads.
    pub degenerate: bool,
    /// Reads the first column at this rotation too.
    pub extra_rotation: Option<i32>,
    /// Minimum degree of the constraint system.
    pub degree: usize,
}

impl Spec {
    /// Instance values, made from a seed.
    pub fn values(&self, seed: u64) -> Vec<Vec<Fr>> {
        let value = |i: usize| (Fr::from(seed + 2) * Fr::from(i as u64 + 3)).square().square();
        let columns = self.instances.iter().enumerate();
        columns.map(|(c, (count, _))| (0..*count).map(|row| value(100 * c + row)).collect()).collect()
    }
}

/// Instance column, advice column beside it, and the selector of the gate that reads both.
type PublicColumns = (Column<Instance>, Column<Advice>, Option<Column<Fixed>>);

#[derive(Debug, Clone)]
pub struct Config {
    chain: Vec<Column<Advice>>,
    enabled: Column<Fixed>,
    constants: Column<Fixed>,
    far: Option<(Column<Advice>, Column<Fixed>)>,
    copied: Option<Column<Advice>>,
    publics: Vec<PublicColumns>,
    lookups: Vec<(Column<Advice>, Column<Advice>)>,
    tables: [Column<Fixed>; 2],
    challenges: Vec<Challenge>,
    second: Option<Column<Advice>>,
    third: Option<Column<Advice>>,
}

/// The circuit with its witness.
#[derive(Debug, Clone)]
pub struct Sample {
    pub spec: Spec,
    pub seed: u64,
}

impl Circuit<Fr> for Sample {
    type Config = Config;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = Spec;

    fn without_witnesses(&self) -> Self {
        self.clone()
    }

    fn params(&self) -> Spec {
        self.spec.clone()
    }

    fn configure(_: &mut ConstraintSystem<Fr>) -> Config {
        unreachable!("configured with parameters")
    }

    fn configure_with_params(meta: &mut ConstraintSystem<Fr>, spec: Spec) -> Config {
        if spec.degree > 0 {
            meta.set_minimum_degree(spec.degree);
        }
        let chain: Vec<_> = (0..spec.advice).map(|_| meta.advice_column()).collect();
        if spec.degenerate {
            meta.advice_column();
            let zeros = meta.fixed_column();
            meta.create_gate("zero", |meta| {
                let zeros = meta.query_fixed(zeros, Rotation::cur());
                vec![zeros * meta.query_advice(chain[0], Rotation::cur())]
            });
        }
        if let Some(rotation) = spec.extra_rotation {
            meta.create_gate("extra", |meta| {
                let there = meta.query_advice(chain[0], Rotation(rotation));
                vec![there.clone() * Fr::from(2) - there.clone() - there]
            });
        }
        let (enabled, constants) = (meta.fixed_column(), meta.fixed_column());
        let tables = [meta.fixed_column(), meta.fixed_column()];
        meta.create_gate("chain", |meta| {
            let enabled = meta.query_fixed(enabled, Rotation::cur());
            let constant = meta.query_fixed(constants, Rotation::cur());
            (0..chain.len())
                .map(|i| {
                    let current = meta.query_advice(chain[i], Rotation::cur());
                    let neighbour = meta.query_advice(chain[(i + 1) % chain.len()], Rotation::cur());
                    let next = meta.query_advice(chain[i], Rotation::next());
                    let square = current.clone() * current;
                    enabled.clone() * (next - square - neighbour - constant.clone())
                })
                .collect::<Vec<_>>()
        });
        let far = spec.far.then(|| {
            let (product, enabled) = (meta.advice_column(), meta.fixed_column());
            meta.create_gate("far", |meta| {
                let enabled = meta.query_fixed(enabled, Rotation::cur());
                let product = meta.query_advice(product, Rotation::cur());
                let before = meta.query_advice(chain[0], Rotation(-2));
                let after = meta.query_advice(chain[0], Rotation(3));
                let two = Expression::Constant(Fr::from(2));
                vec![enabled * (product.clone() * two - product - before * after)]
            });
            (product, enabled)
        });
        let copied = spec.equality.then(|| {
            let copied = meta.advice_column();
            chain.iter().for_each(|&column| meta.enable_equality(column));
            meta.enable_equality(copied);
            meta.enable_equality(constants);
            copied
        });
        let publics = spec.instances.iter().map(|(_, public)| configure_public(meta, public)).collect();
        let lookups = (0..spec.lookups).map(|i| configure_lookup(meta, i, enabled, tables)).collect();
        let mut config = Config {
            chain,
            enabled,
            constants,
            far,
            copied,
            publics,
            lookups,
            tables,
            challenges: vec![],
            second: None,
            third: None,
        };
        if spec.phases > 1 {
            configure_phases(meta, &spec, &mut config);
        }
        config
    }

    fn synthesize(&self, config: Config, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        let values = self.spec.values(self.seed);
        let mut public_cells = vec![];
        layouter.assign_region(
            || "sample",
            |mut region| {
                let first = self.assign_chain(&config, &mut region);
                for (column, (_, public)) in self.spec.instances.iter().enumerate() {
                    let (instance, advice, enabled) = config.publics[column];
                    let cells =
                        assign_public(&mut region, (advice, enabled), public.as_ref(), &values[column]);
                    public_cells.extend(cells.into_iter().map(|(cell, row)| (cell, instance, row)));
                }
                for (i, &(input, square)) in config.lookups.iter().enumerate() {
                    for row in 0..ROWS {
                        let value = ((row * (i + 3) + self.seed as usize) % TABLE) as u64;
                        region.assign_advice(input, row, Value::known(Fr::from(value)));
                        region.assign_advice(square, row, Value::known(Fr::from(value * value)));
                    }
                }
                for row in 0..TABLE {
                    let value = Fr::from(row as u64);
                    region.assign_fixed(config.tables[0], row, value);
                    region.assign_fixed(config.tables[1], row, value.square());
                }
                self.assign_phases(&config, &mut region, &first);
                Ok(())
            },
        )?;
        for (cell, instance, row) in public_cells {
            layouter.constrain_instance(cell, instance, row);
        }
        Ok(())
    }
}

impl Sample {
    /// Returns the values of the first column.
    fn assign_chain(&self, config: &Config, region: &mut Region<'_, Fr>) -> Vec<Fr> {
        let width = config.chain.len();
        let mut rows = vec![(0..width).map(|i| Fr::from(self.seed + 5 + i as u64)).collect::<Vec<_>>()];
        for row in 0..ROWS {
            let last = &rows[row];
            let constant = Fr::from(row as u64 + 3);
            rows.push((0..width).map(|i| last[i].square() + last[(i + 1) % width] + constant).collect());
            region.assign_fixed(config.enabled, row, Fr::ONE);
            let cell = region.assign_fixed(config.constants, row, constant);
            if let (Some(copied), 0) = (config.copied, row) {
                let copy = region.assign_advice(copied, 0, Value::known(constant)).cell();
                region.constrain_equal(copy, cell);
            }
        }
        for (row, values) in rows.iter().enumerate() {
            for (column, value) in config.chain.iter().zip(values) {
                let cell = region.assign_advice(*column, row, Value::known(*value)).cell();
                if let (Some(copied), true) = (config.copied, row == 1) {
                    let offset = 2 + column.index();
                    let copy = region.assign_advice(copied, offset, Value::known(*value)).cell();
                    region.constrain_equal(copy, cell);
                }
            }
        }
        if let Some((product, enabled)) = config.far {
            for row in 2..ROWS - 3 {
                let value = rows[row - 2][0] * rows[row + 3][0];
                region.assign_advice(product, row, Value::known(value));
                region.assign_fixed(enabled, row, Fr::ONE);
            }
        }
        rows.iter().map(|row| row[0]).collect()
    }

    fn assign_phases(&self, config: &Config, region: &mut Region<'_, Fr>, first: &[Fr]) {
        let Some(second) = config.second else { return };
        region.next_phase();
        let challenge = |region: &Region<'_, Fr>, i: usize| region.get_challenge(config.challenges[i]);
        let (c0, c1) = (challenge(region, 0), challenge(region, 1));
        let values: Vec<_> = (0..ROWS).map(|row| c0.zip(c1).map(|(c0, c1)| c0 * first[row] + c1)).collect();
        for (row, value) in values.iter().enumerate() {
            region.assign_advice(second, row, *value);
        }
        let Some(third) = config.third else { return };
        region.next_phase();
        let c2 = challenge(region, 2);
        for (row, value) in values.iter().enumerate() {
            region.assign_advice(third, row, c2.zip(*value).map(|(c2, value)| c2 * value));
        }
    }
}

fn configure_public(meta: &mut ConstraintSystem<Fr>, public: &Option<Public>) -> PublicColumns {
    let (instance, advice) = (meta.instance_column(), meta.advice_column());
    match public {
        None => {}
        Some(Public::Equality) => {
            meta.enable_equality(instance);
            meta.enable_equality(advice);
        }
        Some(Public::Gate(rotations)) => {
            let enabled = meta.fixed_column();
            meta.create_gate("public", |meta| {
                let selector = meta.query_fixed(enabled, Rotation::cur());
                let advice = meta.query_advice(advice, Rotation::cur());
                let terms = rotations.iter().enumerate().map(|(t, &rotation)| {
                    meta.query_instance(instance, Rotation(rotation)) * Fr::from(t as u64 + 1)
                });
                let sum = terms.reduce(|a, b| a + b).unwrap();
                vec![selector * (advice - sum)]
            });
            return (instance, advice, Some(enabled));
        }
    }
    (instance, advice, None)
}

/// Cells and the instance rows they are equal to.
fn assign_public(
    region: &mut Region<'_, Fr>,
    (advice, enabled): (Column<Advice>, Option<Column<Fixed>>),
    public: Option<&Public>,
    values: &[Fr],
) -> Vec<(halo2_proofs::circuit::Cell, usize)> {
    match public {
        None => vec![],
        Some(Public::Equality) => values
            .iter()
            .enumerate()
            .map(|(row, &value)| (region.assign_advice(advice, row, Value::known(value)).cell(), row))
            .collect(),
        Some(Public::Gate(rotations)) => {
            // Rows whose reads do not wrap around.
            let start = rotations.iter().map(|r| (-r).max(0)).max().unwrap_or(0);
            for row in start..start + values.len() as i32 {
                let read = |rotation: i32| values.get((row + rotation) as usize).copied();
                let terms = rotations
                    .iter()
                    .enumerate()
                    .map(|(t, &rotation)| read(rotation).unwrap_or(Fr::ZERO) * Fr::from(t as u64 + 1));
                region.assign_advice(advice, row as usize, Value::known(terms.sum::<Fr>()));
                enabled.map(|column| region.assign_fixed(column, row as usize, Fr::ONE));
            }
            vec![]
        }
    }
}

/// Even lookups have two columns, odd ones one input of degree two.
fn configure_lookup(
    meta: &mut ConstraintSystem<Fr>,
    index: usize,
    enabled: Column<Fixed>,
    tables: [Column<Fixed>; 2],
) -> (Column<Advice>, Column<Advice>) {
    let (input, square) = (meta.advice_column(), meta.advice_column());
    meta.lookup_any("table", |meta| {
        let table = tables.map(|column| meta.query_fixed(column, Rotation::cur()));
        let [values, squares] = table;
        let input = meta.query_advice(input, Rotation::cur());
        if index.is_multiple_of(2) {
            vec![(input, values), (meta.query_advice(square, Rotation::cur()), squares)]
        } else {
            vec![(input * meta.query_fixed(enabled, Rotation::cur()), values)]
        }
    });
    (input, square)
}

fn configure_phases(meta: &mut ConstraintSystem<Fr>, spec: &Spec, config: &mut Config) {
    let challenges = [meta.challenge_usable_after(FirstPhase), meta.challenge_usable_after(FirstPhase)];
    config.challenges.extend(challenges);
    let second = meta.advice_column_in(SecondPhase);
    config.second = Some(second);
    let (enabled, first) = (config.enabled, config.chain[0]);
    meta.create_gate("second phase", |meta| {
        let enabled = meta.query_fixed(enabled, Rotation::cur());
        let [c0, c1] = challenges.map(|challenge| meta.query_challenge(challenge));
        let first = meta.query_advice(first, Rotation::cur());
        vec![enabled * (meta.query_advice(second, Rotation::cur()) - c0 * first - c1)]
    });
    if spec.phases > 2 {
        let challenge = meta.challenge_usable_after(SecondPhase);
        let third = meta.advice_column_in(ThirdPhase);
        config.challenges.push(challenge);
        config.third = Some(third);
        meta.create_gate("third phase", |meta| {
            let enabled = meta.query_fixed(enabled, Rotation::cur());
            let challenge = meta.query_challenge(challenge);
            let second = meta.query_advice(second, Rotation::cur());
            vec![enabled * (meta.query_advice(third, Rotation::cur()) - challenge * second)]
        });
    }
}
