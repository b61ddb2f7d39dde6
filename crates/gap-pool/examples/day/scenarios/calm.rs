//! Scenarios in which nothing breaks: limits alone are hard enough.

use super::Plan;
use super::build::{CHAT, day, diurnal, per_minute, per_minute_and_day, utc};
use crate::traffic::{Arrivals, Sizes, Stream};
use crate::world::{HOUR, MINUTE, SECOND, Tier, Told, Windows};

const FLASH: &[&str] = &["gemini-3.6-flash"];

pub(super) fn free_team() -> Plan {
    let world = day(Windows::Sliding, FLASH).with_projects(6, Tier::Free, &[per_minute_and_day(10, 250_000, 250)]);
    Plan { world, streams: vec![diurnal(0, 2_600.0, CHAT)], bad_luck: Vec::new() }
}

pub(super) fn free_crowd() -> Plan {
    let world = day(Windows::FixedMinute, FLASH).with_projects(400, Tier::Free, &[per_minute_and_day(5, 250_000, 20)]);
    Plan { world, streams: vec![diurnal(0, 12_000.0, CHAT)], bad_luck: Vec::new() }
}

pub(super) fn paid_day() -> Plan {
    let models = ["gemini-3.6-flash", "gemini-3.1-pro", "gemini-3.1-flash-lite"];
    let limits = [
        per_minute_and_day(15, 1_000_000, 10_000),
        per_minute_and_day(150, 250_000, 10_000),
        per_minute(4_000, 4_000_000),
    ];
    let mut world = day(Windows::FixedMinute, &models).with_projects(3, Tier::Paid, &limits);
    world.told = Told::Limits;
    let long = Sizes { median: 6_000.0, sigma: 1.6, most: 200_000 };
    let streams = vec![diurnal(0, 24_000.0, CHAT), diurnal(1, 12_000.0, long), diurnal(2, 18_000.0, CHAT)];
    Plan { world, streams, bad_luck: Vec::new() }
}

pub(super) fn mixed_tiers() -> Plan {
    let world = day(Windows::Sliding, FLASH)
        .with_projects(60, Tier::Free, &[per_minute_and_day(10, 250_000, 100)])
        .with_projects(2, Tier::Paid, &[per_minute(25, 2_000_000)]);
    Plan { world, streams: vec![diurnal(0, 20_000.0, CHAT)], bad_luck: Vec::new() }
}

pub(super) fn bursts() -> Plan {
    let world = day(Windows::Sliding, FLASH).with_projects(10, Tier::Free, &[per_minute(15, 1_000_000)]);
    let batch = Arrivals::Bursts { every: 4 * MINUTE, size: (40, 110), within: 2 * SECOND };
    let streams = vec![
        Stream { model: 0, arrivals: batch, sizes: CHAT, access_keys: 2 },
        Stream { model: 0, arrivals: Arrivals::Steady(300.0), sizes: CHAT, access_keys: 3 },
    ];
    Plan { world, streams, bad_luck: Vec::new() }
}

pub(super) fn rush_hour() -> Plan {
    let world = day(Windows::TokenBucket, FLASH).with_projects(5, Tier::Paid, &[per_minute(30, 1_000_000)]);
    let base = Stream { model: 0, arrivals: Arrivals::Steady(3_000.0), sizes: CHAT, access_keys: 4 };
    let rush = Arrivals::Between(16 * HOUR, 17 * HOUR, 7_500.0);
    let streams = vec![base, Stream { model: 0, arrivals: rush, sizes: CHAT, access_keys: 4 }];
    Plan { world, streams, bad_luck: Vec::new() }
}

pub(super) fn limits_by_hand() -> Plan {
    let mut world = day(Windows::Sliding, FLASH)
        .with_projects(4, Tier::Free, &[per_minute_and_day(10, 250_000, 1_000)])
        .with_projects(2, Tier::Paid, &[per_minute(60, 1_000_000)]);
    world.told = Told::Limits;
    let base = diurnal(0, 30_000.0, CHAT);
    let batch = Arrivals::Bursts { every: 20 * MINUTE, size: (20, 60), within: 5 * SECOND };
    let streams = vec![base, Stream { model: 0, arrivals: batch, sizes: CHAT, access_keys: 1 }];
    Plan { world, streams, bad_luck: Vec::new() }
}

pub(super) fn huge_prompts() -> Plan {
    let world = day(Windows::Sliding, FLASH).with_projects(6, Tier::Paid, &[per_minute(100, 400_000)]);
    let huge = Sizes { median: 60_000.0, sigma: 0.8, most: 300_000 };
    let streams = vec![diurnal(0, 8_000.0, huge), diurnal(0, 6_000.0, CHAT)];
    Plan { world, streams, bad_luck: Vec::new() }
}

pub(super) fn tight_tokens() -> Plan {
    let world = day(Windows::FixedMinute, FLASH).with_projects(4, Tier::Paid, &[per_minute(1_000, 120_000)]);
    let long = Sizes { median: 6_000.0, sigma: 1.0, most: 40_000 };
    let batch = Arrivals::Bursts { every: 10 * MINUTE, size: (5, 30), within: 20 * SECOND };
    let streams = vec![diurnal(0, 14_000.0, long), Stream { model: 0, arrivals: batch, sizes: long, access_keys: 2 }];
    Plan { world, streams, bad_luck: Vec::new() }
}

pub(super) fn unequal_projects() -> Plan {
    let limits = |requests: u64| per_minute_and_day(requests, 1_000_000, requests * 120);
    let mut world = day(Windows::TokenBucket, FLASH);
    for requests in [2, 2, 5, 5, 10, 20, 40, 80] {
        world = world.with_projects(1, Tier::Paid, &[limits(requests)]);
    }
    Plan { world, streams: vec![diurnal(0, 18_000.0, CHAT)], bad_luck: Vec::new() }
}

pub(super) fn clock_change() -> Plan {
    let mut world =
        day(Windows::FixedMinute, FLASH).with_projects(5, Tier::Free, &[per_minute_and_day(15, 250_000, 500)]);
    // Clocks go back on 1 November 2026 at 2 in the morning, Pacific.
    world.start = utc(2026, 10, 31);
    world.length = 36 * HOUR;
    Plan { world, streams: vec![diurnal(0, 3_600.0, CHAT)], bad_luck: Vec::new() }
}
