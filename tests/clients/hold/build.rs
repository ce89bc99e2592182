use std::{path::Path, thread::sleep, time::Duration};

fn main() {
    println!("cargo::rerun-if-changed=hold");
    while Path::new("hold").exists() {
        sleep(Duration::from_millis(20));
    }
}
