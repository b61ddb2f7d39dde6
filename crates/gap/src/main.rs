//! The `gap` binary: parse, run, exit code.

use std::process::ExitCode;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    use_small_pages();
    gap::cli::run()
}

/// Has memory counted in pages of 4 kB. The allocator asks for huge ones, and of 2 MB a gateway mostly uses little: with
/// them an idle process has half as much memory again, and a thousand open streams, too, for 2 % of the CPU.
fn use_small_pages() {
    // A kernel without huge pages has nothing to switch off.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_thp_disable(true);
}
