//! What virtual hosts inherit.

use super::*;

fn origin() -> Origin {
    Origin::new(&"httpd.conf".into(), 1)
}

/// Every field that is inherited, set.
fn everything() -> ServerSettings {
    ServerSettings {
        mount_file_reload: Some(7),
        strip_session: Some(StripSession { enabled: true, name: b";sid".to_vec() }),
        log_file: Some((LogTarget::Program(b"cat".to_vec()), origin())),
        log_level: Some(Level::Debug),
        log_format: Some(Format::Json),
        log_stamp: Some(b"%Y".to_vec()),
        request_log_format: Some((b"%w".to_vec(), origin())),
        extract_ssl: Some(false),
        indicators: std::array::from_fn(|index| CString::new(format!("V{index}")).ok()),
        env_vars: vec![
            EnvVar { name: c"A".into(), default: None },
            EnvVar { name: c"B".into(), default: None },
        ],
        ..ServerSettings::default()
    }
}

#[test]
fn a_virtual_host_without_settings_has_those_of_the_main_server() {
    let main = everything();
    let merged = ServerSettings::default().inherit(&main);
    assert_eq!(merged.mount_file_reload, main.mount_file_reload);
    assert_eq!(merged.strip_session, main.strip_session);
    assert_eq!(merged.log_file, main.log_file);
    assert_eq!(merged.log_level, main.log_level);
    assert_eq!(merged.log_format, main.log_format);
    assert_eq!(merged.log_stamp, main.log_stamp);
    assert_eq!(merged.request_log_format, main.request_log_format);
    assert_eq!(merged.extract_ssl, main.extract_ssl);
    assert_eq!(merged.indicators, main.indicators);
    assert_eq!(merged.env_vars, main.env_vars);
}

#[test]
fn its_own_settings_win_and_mounts_stay_its_own() {
    let mut main = everything();
    main.mounts.push(Mount {
        path: b"/m".to_vec(),
        worker: b"w".to_vec(),
        exclusion: false,
        origin: origin(),
    });
    let own = ServerSettings {
        log_level: Some(Level::Error),
        env_vars: vec![EnvVar { name: c"b".into(), default: Some(b"x".to_vec()) }],
        ..ServerSettings::default()
    };
    let merged = own.inherit(&main);
    assert_eq!(merged.log_level, Some(Level::Error));
    assert!(merged.mounts.is_empty());
    let names: Vec<_> = merged.env_vars.iter().map(|var| var.name.to_str().unwrap()).collect();
    assert_eq!(names, ["b", "A"]);
}

#[test]
fn a_second_default_of_a_variable_replaces_the_first() {
    let mut settings = everything();
    settings.add_env_var(EnvVar { name: c"a".into(), default: Some(b"x".to_vec()) });
    let vars: Vec<_> = settings.env_vars.iter().map(|var| (&*var.name, var.default.as_deref())).collect();
    assert_eq!(vars, [(c"A", Some(b"x".as_slice())), (c"B", None)]);
}

#[test]
fn indicators_have_the_names_of_the_original() {
    let names = Indicator::names(&std::array::from_fn(|_| None));
    assert_eq!(names[Indicator::Https as usize].as_c_str(), c"HTTPS");
    assert_eq!(names[Indicator::IgnoreContentLength as usize].as_c_str(), c"JK_IGNORE_CL");
}
