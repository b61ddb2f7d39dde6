//! Scenarios in which something breaks.

use super::Plan;
use super::build::{BadLuck, CHAT, day, diurnal, per_minute, per_minute_and_day};
use crate::traffic::{Arrivals, Stream};
use crate::world::{HOUR, Hits, Limits, MINUTE, SECOND, Tier, Windows};

const FLASH: &[&str] = &["gemini-3.6-flash"];
const THREE: &[&str] = &["gemini-3.6-flash", "gemini-3.1-flash-lite", "gemini-3.1-pro"];

pub(super) fn not_on_tier() -> Plan {
    let free = per_minute_and_day(15, 250_000, 1_000);
    let world = day(Windows::Sliding, THREE)
        .with_projects(10, Tier::Free, &[free, free, Limits::NOT_ON_TIER])
        .with_projects(1, Tier::Paid, &[per_minute(150, 2_000_000); 3]);
    let streams = vec![diurnal(0, 8_000.0, CHAT), diurnal(1, 8_000.0, CHAT), diurnal(2, 8_000.0, CHAT)];
    Plan { world, streams, bad_luck: Vec::new() }
}

pub(super) fn dying_keys() -> Plan {
    let mut world = day(Windows::TokenBucket, FLASH).with_projects(8, Tier::Paid, &[per_minute(13, 1_000_000)]);
    // Two projects have a second key, so that one key's death is not the project's.
    world = world.with_key(0, true).with_key(1, true);
    world = world
        .with_trouble(Hits::KeyInvalid(0), 2 * HOUR, 9 * HOUR)
        .with_trouble(Hits::KeySuspended(1), 4 * HOUR, 48 * HOUR)
        .with_trouble(Hits::KeyInvalid(2), 6 * HOUR, 48 * HOUR)
        .with_trouble(Hits::KeySuspended(3), 8 * HOUR, 12 * HOUR)
        .with_trouble(Hits::KeyInvalid(4), 15 * HOUR, 16 * HOUR);
    Plan { world, streams: vec![diurnal(0, 50_000.0, CHAT)], bad_luck: Vec::new() }
}

pub(super) fn overload_waves() -> Plan {
    let world = day(Windows::FixedMinute, THREE).with_projects(6, Tier::Paid, &[per_minute(60, 1_000_000); 3]);
    let streams = (0..3).map(|model| diurnal(model, 15_000.0, CHAT)).collect();
    let wave = |model| BadLuck { hits: Hits::Model(model), per_hour: 4.0, lasts: (5 * SECOND, 20 * SECOND) };
    Plan { world, streams, bad_luck: (0..3).map(wave).collect() }
}

pub(super) fn egress_storm() -> Plan {
    let world = day(Windows::Sliding, FLASH)
        .with_projects(12, Tier::Free, &[per_minute_and_day(15, 250_000, 1_500)])
        .with_trouble(Hits::EgressQuota, 5 * HOUR, 5 * HOUR + 3 * MINUTE)
        .with_trouble(Hits::EgressLocation, 9 * HOUR, 9 * HOUR + 5 * MINUTE)
        .with_trouble(Hits::EgressQuota, 15 * HOUR, 15 * HOUR + 40 * SECOND);
    Plan { world, streams: vec![diurnal(0, 12_000.0, CHAT)], bad_luck: Vec::new() }
}

pub(super) fn shared_project() -> Plan {
    let mut world =
        day(Windows::Sliding, FLASH).with_projects(5, Tier::Free, &[per_minute_and_day(15, 250_000, 1_500)]);
    for project in 0..3 {
        world = world.with_key(project, false);
        world.keys[project].project_is_told = false;
    }
    world.names_projects = true;
    Plan { world, streams: vec![diurnal(0, 10_000.0, CHAT)], bad_luck: Vec::new() }
}

pub(super) fn changing_limits() -> Plan {
    let mut world = day(Windows::FixedMinute, FLASH).with_projects(6, Tier::Paid, &[per_minute(10, 1_000_000)]);
    for project in 0..2 {
        world = world.with_change(project, 8 * HOUR, per_minute(5, 500_000));
    }
    for project in 2..4 {
        world = world.with_change(project, 12 * HOUR, per_minute(20, 2_000_000));
    }
    Plan { world, streams: vec![diurnal(0, 36_000.0, CHAT)], bad_luck: Vec::new() }
}

pub(super) fn flaky_keys() -> Plan {
    let mut world =
        day(Windows::Sliding, THREE).with_projects(9, Tier::Free, &[per_minute_and_day(12, 250_000, 2_000); 3]);
    world.stumbles_per_million = 10_000;
    let blink = |key| BadLuck { hits: Hits::KeyInvalid(key), per_hour: 0.5, lasts: (30 * SECOND, 10 * MINUTE) };
    let wave = BadLuck { hits: Hits::Model(1), per_hour: 2.0, lasts: (5 * SECOND, 45 * SECOND) };
    let bad_luck = (0..3).map(blink).chain([wave]).collect();
    let streams = (0..3).map(|model| diurnal(model, 12_000.0, CHAT)).collect();
    Plan { world, streams, bad_luck }
}

pub(super) fn everything() -> Plan {
    let models = ["gemini-3.6-flash", "gemini-3.1-flash-lite"];
    let free = per_minute_and_day(10, 250_000, 250);
    let mut world = day(Windows::Sliding, &models)
        .with_projects(8, Tier::Free, &[free; 2])
        .with_projects(3, Tier::Paid, &[per_minute(60, 1_000_000); 2])
        .with_trouble(Hits::KeyInvalid(2), 6 * HOUR, 10 * HOUR)
        .with_trouble(Hits::KeySuspended(9), 13 * HOUR, 48 * HOUR)
        .with_trouble(Hits::EgressQuota, 11 * HOUR, 11 * HOUR + 2 * MINUTE)
        .with_change(8, 14 * HOUR, per_minute(30, 500_000));
    world.stumbles_per_million = 2_000;
    let batch = Arrivals::Bursts { every: 15 * MINUTE, size: (20, 90), within: 3 * SECOND };
    let streams = vec![
        diurnal(0, 16_000.0, CHAT),
        diurnal(1, 12_000.0, CHAT),
        Stream { model: 0, arrivals: batch, sizes: CHAT, access_keys: 1 },
    ];
    let wave = |model| BadLuck { hits: Hits::Model(model), per_hour: 1.0, lasts: (5 * SECOND, 15 * SECOND) };
    Plan { world, streams, bad_luck: vec![wave(0), wave(1)] }
}
