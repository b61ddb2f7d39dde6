//! The scenarios: who has which keys, who asks how much, and what goes wrong.
//!
//! Loads are chosen like those of real gateways: a pool that is large enough for its day, with hours in which it is
//! not. A pool that is hopelessly small for its load is no test of choice: everybody does equally badly there.

mod build;
mod calm;
mod troubled;

use crate::traffic::{self, Stream};
use crate::world::{HOUR, Millis, Request, World};

/// A scenario.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// What it is about, in one sentence.
    pub(crate) sentence: &'static str,
    make: fn() -> Plan,
}

/// What a scenario makes, before the dice.
pub(crate) struct Plan {
    pub(crate) world: World,
    pub(crate) streams: Vec<Stream>,
    /// Troubles that the dice bring.
    pub(crate) bad_luck: Vec<build::BadLuck>,
}

/// A scenario with its dice thrown.
pub(crate) struct Play {
    pub(crate) world: World,
    pub(crate) requests: Vec<Request>,
}

/// All scenarios.
pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "free_team",
        sentence: "Six free projects with unknown limits serve a small team that by day wants more than a day allows.",
        make: calm::free_team,
    },
    Scenario {
        name: "free_crowd",
        sentence: "Four hundred free keys with 20 requests a day each, one project each, all limits unknown.",
        make: calm::free_crowd,
    },
    Scenario {
        name: "paid_day",
        sentence: "Three paid projects with known limits, three models, heavy-tailed prompts; fixed minutes upstream.",
        make: calm::paid_day,
    },
    Scenario {
        name: "mixed_tiers",
        sentence: "Sixty free projects of a hundred requests a day beside two paid ones, and nobody knows which limits hold.",
        make: calm::mixed_tiers,
    },
    Scenario {
        name: "bursts",
        sentence: "Batch jobs throw up to 110 requests at ten projects within two seconds; sliding windows of 15.",
        make: calm::bursts,
    },
    Scenario {
        name: "rush_hour",
        sentence: "One hour in the day wants a sixth more than all projects allow; token buckets upstream.",
        make: calm::rush_hour,
    },
    Scenario {
        name: "limits_by_hand",
        sentence: "The operator has typed in all limits, so that not even the first 429 is excused; sliding windows.",
        make: calm::limits_by_hand,
    },
    Scenario {
        name: "huge_prompts",
        sentence: "Prompts of up to 300,000 tokens against 400,000 tokens a minute in each of six projects.",
        make: calm::huge_prompts,
    },
    Scenario {
        name: "clock_change",
        sentence: "The last day of daylight saving: a quota day of 25 hours that runs dry before its midnight.",
        make: calm::clock_change,
    },
    Scenario {
        name: "not_on_tier",
        sentence: "One of three models is not on the free tier (limit: 0) and is served by the one paid project only.",
        make: troubled::not_on_tier,
    },
    Scenario {
        name: "dying_keys",
        sentence: "Keys become invalid or suspended, in turn and for hours, and some come back.",
        make: troubled::dying_keys,
    },
    Scenario {
        name: "overload_waves",
        sentence: "Each of three models answers 503 to everybody for 5 to 20 seconds, several times an hour.",
        make: troubled::overload_waves,
    },
    Scenario {
        name: "egress_storm",
        sentence: "For minutes every key gets a 429 without a reason, or a 400 about the location; then all is well.",
        make: troubled::egress_storm,
    },
    Scenario {
        name: "shared_project",
        sentence: "Three pairs of keys share projects, which nobody has told; the 429s name the project.",
        make: troubled::shared_project,
    },
    Scenario {
        name: "changing_limits",
        sentence: "Google halves the limits of some projects in the morning and doubles those of others at noon.",
        make: troubled::changing_limits,
    },
    Scenario {
        name: "tight_tokens",
        sentence: "Prompts of up to a third of a project's tokens a minute, also in batches; fixed minutes.",
        make: calm::tight_tokens,
    },
    Scenario {
        name: "unequal_projects",
        sentence: "Eight projects of which the largest may do forty times as much as the smallest; token buckets.",
        make: calm::unequal_projects,
    },
    Scenario {
        name: "flaky_keys",
        sentence: "Three of nine keys are refused for minutes now and then, one call of a hundred stumbles, and waves.",
        make: troubled::flaky_keys,
    },
    Scenario {
        name: "everything",
        sentence: "Free and paid, bursts, waves, a storm, dying keys, changing limits and stumbles in one day.",
        make: troubled::everything,
    },
];

/// The scenario with that name.
pub(crate) fn find(name: &str) -> Option<&'static Scenario> {
    ALL.iter().find(|scenario| scenario.name == name)
}

impl Scenario {
    /// Throws the dice. `quick` plays the first three hours only.
    pub(crate) fn play(&self, seed: u64, quick: bool) -> Play {
        let Plan { mut world, streams, bad_luck } = (self.make)();
        if quick {
            world.length = world.length.min(QUICK);
        }
        for (at, luck) in bad_luck.iter().enumerate() {
            luck.strike(&mut world, seed, at as u64);
        }
        let requests = traffic::requests(&streams, world.length, seed);
        Play { world, requests }
    }
}

const QUICK: Millis = 3 * HOUR;
