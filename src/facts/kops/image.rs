//! What a machine image is, by its name (kops.md section 5).

/// The distribution of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Debian, with its major version where the name tells.
    Debian(Option<u32>),
    /// Ubuntu, with its version where the name tells.
    Ubuntu(Option<(u32, u32)>),
    /// Flatcar.
    Flatcar,
}

/// The account that publishes Debian's images.
const DEBIAN_OWNER: &str = "136693071363";
/// The account that publishes Ubuntu's images.
const CANONICAL_OWNER: &str = "099720109477";

impl Distribution {
    /// Reads an image as kOps names it, `OWNER/NAME`; none for ids, parameters and names that do not tell.
    pub fn of(image: &str) -> Option<Self> {
        if image.starts_with("ami-") || image.starts_with("ssm:") {
            return None;
        }
        let (owner, path) = image.split_once('/').unwrap_or(("", image));
        let name = path.rsplit('/').next().unwrap_or(path);
        let mut words = name.split('-');
        match words.next() {
            Some("Flatcar") => Some(Self::Flatcar),
            Some("ubuntu") => Some(Self::Ubuntu(words.find_map(ubuntu_version))),
            Some("debian") => Some(Self::Debian(words.next().and_then(number))),
            _ if owner == DEBIAN_OWNER => Some(Self::Debian(None)),
            _ if owner == CANONICAL_OWNER => Some(Self::Ubuntu(name.split('-').find_map(ubuntu_version))),
            _ => None,
        }
    }

    /// The distribution in words.
    pub fn describe(self) -> String {
        match self {
            Self::Debian(Some(version)) => format!("Debian {version}"),
            Self::Debian(None) => "Debian".to_owned(),
            Self::Ubuntu(Some((year, month))) => format!("Ubuntu {year}.{month:02}"),
            Self::Ubuntu(None) => "Ubuntu".to_owned(),
            Self::Flatcar => "Flatcar".to_owned(),
        }
    }
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
}

/// `22.04`.
fn ubuntu_version(word: &str) -> Option<(u32, u32)> {
    let (year, month) = word.split_once('.').filter(|(year, month)| year.len() == 2 && month.len() == 2)?;
    Some((number(year)?, number(month)?))
}

#[cfg(test)]
mod tests {
    use super::Distribution::{self, Debian, Flatcar, Ubuntu};

    #[test]
    fn names_tell_the_distribution() {
        for (image, wanted) in [
            ("136693071363/debian-11-amd64-20240211-1654", Some(Debian(Some(11)))),
            ("136693071363/bookworm", Some(Debian(None))),
            ("debian-12-arm64-20240101-1", Some(Debian(Some(12)))),
            (
                "099720109477/ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20240301",
                Some(Ubuntu(Some((22, 4)))),
            ),
            ("099720109477/ubuntu-minimal", Some(Ubuntu(None))),
            ("075585003325/Flatcar-stable-3975.2.2-hvm", Some(Flatcar)),
            ("ami-0123456789abcdef0", None),
            ("ssm:/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id", None),
            ("amazon/al2023-ami-2023.4", None),
            ("", None),
        ] {
            assert_eq!(Distribution::of(image), wanted, "{image}");
        }
    }
}
