//! The files of a configuration, as `check` and `explain` take them.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use jk_rooms::config::directives::MountFile;
use jk_rooms::config::Origin;

use crate::ending::Failure;
use crate::httpd::{be_regular, read, Options, Servers};

/// The files of a configuration.
#[derive(Args, Debug)]
pub struct Files {
    /// A workers file, in place of that of JkWorkersFile
    #[arg(short, long, value_name = "FILE")]
    workers: Option<PathBuf>,
    /// A map file, in place of the main server's JkMountFile
    #[arg(short, long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// A file of httpd's, whole or a piece; may be given several times
    #[arg(short, long = "conf", value_name = "FILE")]
    confs: Vec<PathBuf>,
    /// What paths in httpd's files are relative to, in place of ServerRoot [default: the folder of the first file]
    #[arg(long, value_name = "FOLDER")]
    server_root: Option<PathBuf>,
    /// Define a name for <IfDefine>, as httpd -D does; may be given several times
    #[arg(short = 'D', value_name = "NAME")]
    defined: Vec<String>,
}

impl Files {
    /// The servers that the files define.
    ///
    /// # Errors
    /// [`Failure`] if no file is given, or one of them can't be read.
    pub fn read(&self) -> Result<Servers, Failure> {
        if self.workers.is_none() && self.map.is_none() && self.confs.is_empty() {
            return Err(Failure::new("no file is given: expected -w, -m or -c"));
        }
        for file in self.workers.iter().chain(&self.map) {
            let readable = be_regular(file).and_then(|()| fs::File::open(file));
            readable.map_err(|error| Failure::refused(file.display(), &error))?;
        }
        let options = Options { server_root: self.server_root.clone(), defined: self.defined.clone() };
        let mut servers = Servers::new(read(&self.confs, &options)?);
        let main = &mut servers.all[0].settings;
        if let Some(file) = &self.workers {
            main.global.workers_file = Some((file.clone(), whole(file)));
        }
        if let Some(file) = &self.map {
            main.mount_file = Some(MountFile { path: file.clone(), origin: whole(file) });
        }
        Ok(servers)
    }
}

fn whole(file: &Path) -> Origin {
    Origin::new(&file.to_string_lossy().into(), 0)
}
