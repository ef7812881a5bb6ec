//! Which Windows a node image holds.

/// What the name of a Windows image says about its age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Windows version 2004 or later.
    Recent,
    /// Older than version 2004.
    Old,
    /// It names no version.
    Unknown,
}

/// Versions before 2004, and the servers built from them (2019 is version 1809).
const OLD: [&str; 13] =
    ["2008", "2012", "2016", "1507", "1511", "1607", "1703", "1709", "1803", "1809", "2019", "1903", "1909"];
/// Version 2004 and the servers built from later ones.
const RECENT: [&str; 3] = ["2004", "2022", "2025"];

/// The age of an image by its SKU: the first part that is a version decides.
///
/// The names of AKS Engine's own Server 2019 images end in a build date (`2019-datacenter-core-ctrd-2308`),
/// which is no version; and versions do not sort as text, because 20H2 comes after 2004 (aks-engine.md, A10).
pub fn age_of(sku: &str) -> Age {
    let parts = sku.split(|letter: char| !letter.is_ascii_alphanumeric());
    let ages = parts.filter_map(|part| match part {
        _ if OLD.contains(&part) => Some(Age::Old),
        _ if RECENT.contains(&part) || is_half_year(part) => Some(Age::Recent),
        _ => None,
    });
    ages.into_iter().next().unwrap_or(Age::Unknown)
}

/// Whether it is a version named after half a year, as all are from `20H2` on.
fn is_half_year(part: &str) -> bool {
    let year = part.get(..2).and_then(|year| year.parse::<u8>().ok());
    let half = part.get(2..).map(str::to_ascii_uppercase);
    year.is_some_and(|year| year >= 20) && matches!(half.as_deref(), Some("H1" | "H2"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_versions_from_build_dates() {
        let skus = [
            ("Datacenter-Core-2004-with-Containers-smalldisk", Age::Recent),
            ("Datacenter-Core-20H2-with-Containers-smalldisk", Age::Recent),
            ("datacenter-core-20h2-with-containers-smalldisk-gs", Age::Recent),
            ("2022-datacenter-core-smalldisk-2304", Age::Recent),
            ("Datacenter-Core-1909-with-Containers-smalldisk", Age::Old),
            ("2019-datacenter-core-ctrd-2308", Age::Old),
            ("2019-datacenter-core-smalldisk-2004", Age::Old),
            ("2019-Datacenter-Core-with-Containers", Age::Old),
            ("datacenter-core", Age::Unknown),
            ("", Age::Unknown),
        ];
        for (sku, age) in skus {
            assert_eq!(age_of(sku), age, "{sku}");
        }
    }
}
