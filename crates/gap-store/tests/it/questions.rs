//! What a page asks at ten million requests, answered by sums alone.

use gap_store::usage::sums::{Axis, GroupBy, Measure, Period, Question};
use jiff::Span;
use tokio::time::Instant;

use crate::support::{On, TestDb, now};

/// Sums as ten million requests in thirty days leave them: 50 keys, 10 models, 1,000 addresses a day. Of the
/// hours some are enough: they are only in the way.
const FILL: &str = "
    WITH RECURSIVE hours(hour) AS (SELECT 0 UNION ALL SELECT hour + 1 FROM hours WHERE hour < 719),
        names(name) AS (SELECT 0 UNION ALL SELECT name + 1 FROM names WHERE name < 49),
        models(model) AS (SELECT 0 UNION ALL SELECT model + 1 FROM models WHERE model < 9)
    INSERT INTO usage_sums SELECT CASE WHEN hour % 24 = 7 THEN 'day' ELSE 'hour' END, axis, 1780000000000 + hour * 3600000,
        'key-' || name, 'model-' || model, 28, 1, 1, 30, 1000, 100, 50, 0, 500, 7000, 100, 3, 10, 9000, 20, 4000
        FROM hours, names, models, (SELECT 'access_key' AS axis UNION ALL SELECT 'upstream_key') WHERE hour % 24 IN (7, 8);
    WITH RECURSIVE days(day) AS (SELECT 0 UNION ALL SELECT day + 1 FROM days WHERE day < 29),
        names(name) AS (SELECT 0 UNION ALL SELECT name + 1 FROM names WHERE name < 999)
    INSERT INTO usage_sums SELECT 'day', 'address', 1780025200000 + day * 86400000, '192.0.2.' || name, '',
        name + 1, 1, 1, 30, 100000 - name, 100, 50, 0, 500, 7000, 100, 3, 10, 9000, 20, 4000 FROM days, names;";

#[tokio::test]
async fn a_month_of_ten_million_requests_is_read_from_sums_alone() {
    let db = TestDb::new(On::File).await.unwrap();
    let store = db.open().await;
    db.execute(FILL).await;
    let start = jiff::Timestamp::from_millisecond(1_780_000_000_000).unwrap();
    let month = start..start.checked_add(Span::new().hours(24 * 31)).unwrap();
    let ask =
        |period, axis, group_by| Question { period, axis, time: month.clone(), name: None, model: None, group_by };
    let usage = store.usage();
    for (what, question) in [
        ("the month by day", ask(Period::Day, Axis::AccessKey, GroupBy::Time)),
        ("models of the month", ask(Period::Day, Axis::AccessKey, GroupBy::Model)),
        ("keys of the month", ask(Period::Day, Axis::UpstreamKey, GroupBy::Name)),
        ("a stack of curves", ask(Period::Day, Axis::AccessKey, GroupBy::TimeAndModel)),
    ] {
        let began = Instant::now();
        let sums = usage.sum(&question).await.unwrap();
        println!("{what}: {} rows in {:?}", sums.len(), began.elapsed());
        // There is not one record: whatever read the log would find nothing.
        assert_eq!(sums.iter().map(|sum| sum.totals.requests).sum::<i64>(), 30 * 50 * 10 * 28);
    }
    let addresses = ask(Period::Day, Axis::Address, GroupBy::Name);
    for (measure, first) in [(Measure::Requests, "192.0.2.999"), (Measure::Tokens, "192.0.2.0")] {
        let began = Instant::now();
        let top = usage.top(&addresses, measure, 10).await.unwrap();
        println!("addresses with the most {measure:?}: {:?}", began.elapsed());
        assert_eq!((top.len(), top[0].name.as_deref()), (10, Some(first)));
        let all = usage.sum(&addresses).await.unwrap();
        assert!(top.iter().all(|row| all.contains(row)), "few are told, each with all that it used");
    }
    assert!(usage.log(&gap_store::usage::log::LogFilter::default(), 1).await.unwrap().is_empty());
    assert!(start < now());
}
