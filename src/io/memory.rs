//! How much memory this machine gives to a program.

use std::fs;

/// What is taken where the system does not say: 64 GiB.
const UNKNOWN: u64 = 64 << 30;

/// Bytes that a program may hope for: the machine's memory, or what a container is given of it.
pub fn limit() -> u64 {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| field(&text, "MemTotal:"));
    let container = fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    [machine, container].into_iter().flatten().min().unwrap_or(UNKNOWN)
}

/// The most memory that this process has had at a time, in bytes, where the system says.
pub fn peak() -> Option<u64> {
    fs::read_to_string("/proc/self/status").ok().and_then(|text| field(&text, "VmHWM:"))
}

/// The memory that this process has now, in bytes, where the system says.
pub fn resident() -> Option<u64> {
    fs::read_to_string("/proc/self/status").ok().and_then(|text| field(&text, "VmRSS:"))
}

/// `MemTotal:  24576000 kB`
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read_in_bytes() {
        assert_eq!(field("MemFree: 5 kB\nMemTotal:       24576 kB\n", "MemTotal:"), Some(24576 * 1024));
        assert_eq!(field("MemTotal: many\n", "MemTotal:"), None);
        assert!(limit() > 1 << 20);
    }
}
