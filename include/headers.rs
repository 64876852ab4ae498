//! Part of build.rs: asks apxs where httpd's headers are, makes the bindings from them, and compiles the shim.
//!
//! `APXS=/path/to/apxs` chooses another httpd than the first one in PATH.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{exit, Command};

/// Functions, types and constants of httpd and APR that `src/ffi` and `src/entry` use.
const FUNCTIONS: &str = "ap_(get_server_description|get_scoreboard_(global|process)|add_common_vars|get_conn_socket|add_version_component|check_cmd_context|exists_config_define|\
    find_linked_module|regcomp|regexec|regfree|strcasecmp_match|update_vhost_given_ip|vhost_iterate_given_conn|escape_uri|os_escape_path|get_brigade|map_http_request_error|get_remote_host|run_default_port|get_server_name|\
    get_server_port|hook_(check_config|child_init|child_status|fixups|handler|\
    log_transaction|map_to_storage|monitor|post_config|test_config|translate_name)|sub_req_lookup_uri|destroy_sub_req|mpm_query|open_piped_log|pass_brigade|\
    piped_log_write_fd|run_default_port|server_root_relative|set_content_length|set_content_type|set_last_modified|set_module_config|\
    get_module_config|setup_client_block|should_client_block|state_query|update_mtime|bucket_error_create|\
    get_status_line|(add|register)_output_filter|clear_method_list|internal_(fast_redirect|redirect_handler))|apr_(array_push|pool_(cleanup_register|cleanup_null|create_ex|destroy|\
    userdata_get|userdata_set)|pstrmemdup|palloc|table_(addn|copy|setn|get|elts|make)|date_parse_http|\
    brigade_(create|cleanup|length|split_ex)|bucket_(transient|eos|flush)_create|os_file_get|os_sock_get|filepath_name_get|\
    filepath_merge|sockaddr_equal|stat)|jk_(log_server|brigade_append|brigade_end|brigade_first|bucket_kind|bucket_error_status|\
    bucket_take|bucket_delete|forced_type|keeps_encoded_slashes)";
const TYPES: &str = "module|command_rec|cmd_func|cmd_parms|request_rec|server_rec|conn_rec|process_rec|piped_log|\
    ap_filter_t|apr_(pool|table|array_header|table_entry|bucket_brigade|file|finfo)_t|jk_constants|jk_hook_places|jk_bucket_kind|ap_input_mode_t|apr_read_type_e|ap_directive_t|mpm_child_status";
const CONSTANTS: &str = "ap_(conftree|listeners|server_conf)|APLOG_.*|OK|DECLINED|DONE|HTTP_.*|AP_MPMQ_.*|AP_SQ_.*|REMOTE_HOST|M_INVALID|REQUEST_CHUNKED_DECHUNK|\
    DIR_MAGIC_TYPE|APR_FILEPATH_.*|APR_FINFO_TYPE|APR_(REG|DIR|NOFILE)|MPM_CHILD_.*|AP_SERVER_.*|MODULE_MAGIC_COOKIE";

pub(super) fn build() {
    println!("cargo:rerun-if-env-changed=APXS");
    println!("cargo:rerun-if-changed=include");
    let headers = Headers::find();
    headers.compile_shim();
    headers.write_bindings();
    println!("cargo:rustc-env=JK_LOG_DIRECTORY={}", headers.log_directory);
}

/// Where httpd's headers are and what they need to be read.
struct Headers {
    directories: Vec<PathBuf>,
    flags: Vec<String>,
    log_directory: String,
}

impl Headers {
    fn find() -> Self {
        let apxs = find_apxs();
        println!("cargo:rerun-if-changed={}", apxs.display());
        let names = ["INCLUDEDIR", "APR_INCLUDEDIR", "APU_INCLUDEDIR"];
        let mut directories: Vec<PathBuf> =
            names.iter().map(|name| PathBuf::from(query(&apxs, name))).collect();
        directories.retain(|directory| !directory.as_os_str().is_empty());
        directories.dedup();
        if !directories.iter().any(|directory| directory.join("httpd.h").exists()) {
            fail("httpd's headers are missing: install apache2-dev (Debian) or httpd-devel (RHEL)");
        }
        let flags = query(&apxs, "EXTRA_CPPFLAGS").split_whitespace().map(str::to_owned).collect();
        // Where httpd's logs are below ServerRoot, the path stays relative, so that private servers have their own.
        let log_directory = match query(&apxs, "LOGFILEDIR") {
            absolute if absolute.is_empty() || absolute.ends_with("/logs") => "logs".to_owned(),
            absolute => absolute,
        };
        Self { directories, flags, log_directory }
    }

    fn compile_shim(&self) {
        let mut build = cc::Build::new();
        build.file("include/shim.c").include("include").includes(&self.directories);
        // httpd's headers are not ours to warn about.
        build.flag_if_supported("-Wno-unused-parameter");
        for flag in &self.flags {
            build.flag(flag);
        }
        build.compile("jk_shim");
    }

    fn write_bindings(&self) {
        let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("bindings.rs");
        let includes = self.directories.iter().map(|directory| format!("-I{}", directory.display()));
        let builder = bindgen::Builder::default()
            .header("include/httpd_api.h")
            .clang_args(includes)
            .clang_args(&self.flags)
            .clang_arg("-Iinclude")
            .allowlist_function(FUNCTIONS)
            .allowlist_type(TYPES)
            .allowlist_var(CONSTANTS)
            .default_enum_style(bindgen::EnumVariation::Consts)
            .prepend_enum_name(false)
            .generate_comments(false)
            .layout_tests(false);
        // bindgen panics when it finds no libclang; the message wanted here is one line with the package.
        std::panic::set_hook(Box::new(|_| {}));
        let generated = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| builder.generate()));
        let _ = std::panic::take_hook();
        let Ok(generated) = generated else {
            fail("libclang is missing: install libclang-dev (Debian) or clang-devel (RHEL)");
        };
        let bindings =
            generated.unwrap_or_else(|error| fail(&format!("httpd's headers can't be read: {error}")));
        bindings.write_to_file(&out).unwrap_or_else(|error| fail(&format!("{}: {error}", out.display())));
    }
}

/// The apxs of the environment, or the first one in PATH.
fn find_apxs() -> PathBuf {
    let named = env::var_os("APXS").map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    let in_path = || {
        env::split_paths(&path)
            .flat_map(|directory| [directory.join("apxs"), directory.join("apxs2")])
            .find(|file| file.exists())
    };
    named.or_else(in_path).unwrap_or_else(|| {
        fail("apxs is missing: install apache2-dev (Debian) or httpd-devel (RHEL), or set APXS")
    })
}

fn query(apxs: &Path, name: &str) -> String {
    let output = Command::new(apxs).args(["-q", name]).output();
    let output = output.unwrap_or_else(|error| fail(&format!("{} does not run: {error}", apxs.display())));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn fail(message: &str) -> ! {
    println!("cargo:warning={message}");
    eprintln!("mod_jk: {message}");
    exit(1)
}
