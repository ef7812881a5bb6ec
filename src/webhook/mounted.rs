//! Files that are mounted into the Pod, which change while it runs.

use std::time::Duration;

/// How often mounted files are read again. Secret volumes are swapped by symlink, which file watchers miss.
const REREAD: Duration = Duration::from_secs(10);

/// Reads mounted files again now and then, and hands what changed to `exchange`.
pub(super) async fn follow<T: PartialEq>(
    read: impl Fn() -> anyhow::Result<T>,
    exchange: impl Fn(&T) -> anyhow::Result<()>,
) {
    let mut last = read().ok();
    loop {
        tokio::time::sleep(REREAD).await;
        let found = match read() {
            Ok(found) if last.as_ref() != Some(&found) => found,
            Ok(_) => continue,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "failed to read the certificate again");
                continue;
            }
        };
        if let Err(error) = exchange(&found) {
            tracing::error!(error = format!("{error:#}"), "the new certificate cannot be used");
        }
        last = Some(found);
    }
}
