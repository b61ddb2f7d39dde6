//! Dice that fall the same way everywhere: a run is told by its seed alone.
//!
//! Own arithmetic and no crate, because a crate may change its algorithm with its version, and results in a README
//! should be those that a reader gets. `SplitMix64`: small, well mixed, and good for hashing ids into independent dice.

/// Seeded dice.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The dice named by `path`: a seed, and what they are for. Equal paths fall alike, other paths independently.
    pub(crate) fn of(path: &[u64]) -> Self {
        let mut state = 0x6A09_E667_F3BC_C908;
        for step in path {
            state = mix(state ^ mix(step.wrapping_add(GOLDEN)));
        }
        Self(state)
    }

    /// Any number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// From 0 to below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 to below `end`; 0 if there is nothing to choose from.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// Between the two, evenly.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Whether something happens that happens with `probability`.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// How long until the next event of a Poisson process with `rate`.
    pub(crate) fn exponential(&mut self, rate: f64) -> f64 {
        -(1.0 - self.unit()).ln() / rate
    }

    /// A number around 0 with deviation 1.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// A number whose logarithm is normal: half of them lie below `median`, and the larger `sigma`, the heavier the tail.
    pub(crate) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn equal_paths_fall_alike_and_others_do_not() {
        let first: Vec<u64> = (0..4)
            .map({
                let mut dice = Dice::of(&[1, 2]);
                move |_| dice.next()
            })
            .collect();
        let again: Vec<u64> = (0..4)
            .map({
                let mut dice = Dice::of(&[1, 2]);
                move |_| dice.next()
            })
            .collect();
        let other: Vec<u64> = (0..4)
            .map({
                let mut dice = Dice::of(&[2, 1]);
                move |_| dice.next()
            })
            .collect();
        assert_eq!(first, again);
        assert_ne!(first, other);
    }

    #[test]
    fn means_are_what_they_should_be() {
        let mut dice = Dice::of(&[7]);
        let mean = |mut draw: Box<dyn FnMut() -> f64 + '_>| (0..20_000).map(|_| draw()).sum::<f64>() / 20_000.0;
        assert!((mean(Box::new(|| dice.exponential(0.5))) - 2.0).abs() < 0.1);
        let mut dice = Dice::of(&[8]);
        assert!(mean(Box::new(|| dice.normal())).abs() < 0.05);
        let mut dice = Dice::of(&[9]);
        assert!((mean(Box::new(|| dice.unit())) - 0.5).abs() < 0.02);
    }
}
