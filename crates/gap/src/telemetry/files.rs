//! Log files: `app.log` grows, and at midnight becomes `app.log.YYYY-MM-DD`; old ones are deleted.
//!
//! The current file keeps one name, so that `tail -F app.log` and log shippers follow it over midnight.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::clock::Clock;

/// A file that is renamed when the day (UTC) is over.
#[derive(Debug)]
pub struct DailyFile {
    path: PathBuf,
    file: File,
    day: Date,
    keep_days: u32,
    clock: Clock,
}

impl DailyFile {
    /// Opens `name` in `dir`, making the folder; rotates a file left over from an earlier day.
    ///
    /// Errors: the folder cannot be made or the file not opened for appending.
    pub fn open(dir: &Path, name: &str, keep_days: u32, clock: Clock) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let path = dir.join(name);
        let today = day_of(clock.now());
        let written = fs::metadata(&path).and_then(|meta| meta.modified()).ok();
        let day = written.and_then(|time| Timestamp::try_from(time).ok()).map_or(today, day_of);
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let mut daily = Self { path, file, day, keep_days, clock };
        daily.rotate_if_over(today)?;
        daily.clean_up(today);
        Ok(daily)
    }

    fn rotate_if_over(&mut self, today: Date) -> io::Result<()> {
        if today == self.day {
            return Ok(());
        }
        fs::rename(&self.path, dated(&self.path, self.day))?;
        self.file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        self.day = today;
        self.clean_up(today);
        Ok(())
    }

    /// Deletes this log's dated files that are older than `keep_days`. A file that cannot be deleted stays.
    fn clean_up(&self, today: Date) {
        let Ok(oldest) = today.checked_sub(i64::from(self.keep_days).days()) else { return };
        let (Some(dir), Some(name)) = (self.path.parent(), self.path.file_name().and_then(|name| name.to_str())) else {
            return;
        };
        let Ok(entries) = fs::read_dir(dir) else { return };
        for entry in entries.flatten() {
            let file_name = entry.file_name();
            let day =
                file_name.to_str().and_then(|file| file.strip_prefix(name)?.strip_prefix('.')?.parse::<Date>().ok());
            if day.is_some_and(|day| day < oldest) {
                // A log that stays a day too long is no reason to lose today's.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

impl Write for DailyFile {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.rotate_if_over(day_of(self.clock.now()))?;
        self.file.write(lines)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn dated(path: &Path, day: Date) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{day}"));
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_file_is_dated_at_midnight_and_deleted_after_its_days() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::hand("2026-03-01T23:59:00Z".parse().unwrap());
        fs::write(dir.path().join("app.log.2026-02-20"), "old").unwrap();
        fs::write(dir.path().join("app.log.2026-02-28"), "recent").unwrap();
        fs::write(dir.path().join("app.log.notes"), "not ours").unwrap();
        let mut log = DailyFile::open(dir.path(), "app.log", 7, clock.clone()).unwrap();
        log.day = day_of(clock.now());
        log.write_all(b"before\n").unwrap();
        clock.advance(SignedDuration::from_mins(2));
        log.write_all(b"after\n").unwrap();

        let read = |name: &str| fs::read_to_string(dir.path().join(name)).ok();
        assert_eq!(read("app.log").as_deref(), Some("after\n"));
        assert_eq!(read("app.log.2026-03-01").as_deref(), Some("before\n"));
        assert_eq!(read("app.log.2026-02-28").as_deref(), Some("recent"));
        assert_eq!(read("app.log.2026-02-20"), None);
        assert_eq!(read("app.log.notes").as_deref(), Some("not ours"));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(DailyFile::open(&file.join("logs"), "app.log", 7, Clock::system()).is_err());
    }
}
