use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn days_before_today_begin_at_pacific_midnight_also_over_changes_of_the_clock() {
    // Midnight is 07:00 UTC in summer, 08:00 in winter; clocks change on 8 March and 1 November 2026.
    let cases = [
        ("2026-06-15T12:00:00Z", 0, "2026-06-15T07:00:00Z"),
        ("2026-06-15T06:59:00Z", 0, "2026-06-14T07:00:00Z"),
        ("2026-03-08T20:00:00Z", 1, "2026-03-07T08:00:00Z"),
        ("2026-03-10T20:00:00Z", 6, "2026-03-04T08:00:00Z"),
        ("2026-11-02T20:00:00Z", 1, "2026-11-01T07:00:00Z"),
        ("2026-11-02T20:00:00Z", 29, "2026-10-04T07:00:00Z"),
    ];
    for (now, days, began) in cases {
        assert_eq!(days_before(at(now), days), at(began), "{days} days before {now}");
    }
}
