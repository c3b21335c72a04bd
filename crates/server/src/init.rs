//! `offhook init`: an org for real work, empty but for its profiles, its first administrator and
//! Offhook's own call center.

use std::io::{IsTerminal, Read};

use anyhow::{Context, bail};
use offhook_org::access::Profile;
use offhook_org::record::Fields;
use offhook_org::save::Strictness;
use offhook_org::{ObjectName, UserContext, Value};
use offhook_store::accounts::PASSWORD_LENGTH_MIN;

use crate::cli::InitOptions;
use crate::data_folder::DataFolder;
use crate::exit::{Failure, OrEnd, Outcome};
use crate::{config, demo, house, say};

/// Makes the org; refuses one that has users.
pub(crate) fn init(options: &InitOptions) -> Outcome {
    let config = config::load(&options.config, std::env::vars()).or_end(Failure::Configuration)?;
    DataFolder::open(&config.server.data_folder).or_end(Failure::Data)?;
    let password = password().or_end(Failure::Configuration)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let store = house::open_store(&config).await?;
        let made = make(&store, options, &password).await.or_end(Failure::Data);
        store.close().await;
        made
    })?;
    say(&format!(
        "The org is ready. Start it with `offhook serve`; sign in as {}.",
        options.username
    ));
    Ok(())
}

fn password() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        say("Password of the administrator, then Enter and Ctrl+D (it is shown as you type):");
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context("cannot read the password")?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.chars().count() < PASSWORD_LENGTH_MIN {
        bail!(
            "the password on standard input has fewer than {PASSWORD_LENGTH_MIN} characters; \
             choose a longer one, for example a few words"
        );
    }
    Ok(password.to_owned())
}

async fn make(
    store: &offhook_store::Store,
    options: &InitOptions,
    password: &str,
) -> anyhow::Result<()> {
    if !store.is_empty().await? {
        bail!("this data folder has an org with users already; init leaves it as it is");
    }
    for profile in Profile::standard() {
        store.put_profile(&profile).await?;
    }
    let text = |text: &str| Value::Text(text.to_owned());
    let fields = Fields::from([
        ("Username".into(), text(&options.username)),
        ("Email".into(), text(&options.username)),
        ("FirstName".into(), text(&options.first_name)),
        ("LastName".into(), text(&options.last_name)),
        ("ProfileName".into(), text("System Administrator")),
        ("TimeZoneSidKey".into(), text(store.time_zone())),
        ("IsActive".into(), Value::Boolean(true)),
    ]);
    let object = ObjectName::new("User");
    let system = UserContext::system();
    let user = store
        .create(&system, &object, &fields, Strictness::Strict)
        .await?;
    store.set_password(&user, password).await?;
    demo::phone_system(store, &[&user]).await
}
