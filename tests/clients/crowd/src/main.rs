// Two tasks that wait for each other, and two thousand others: a thousand that wait for a task each, all alike, and chains of
// up to forty tasks.
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};
use tokio::{
    sync::{Barrier, Mutex},
    task::JoinHandle,
    time::sleep,
};

async fn takes(own: Arc<Mutex<u32>>, other: Arc<Mutex<u32>>, both: Arc<Barrier>) {
    let mut from = own.lock_owned().await;
    both.wait().await;
    *from += *other.lock().await; // MARK: takes
}

async fn works() {
    sleep(Duration::from_secs(3600)).await;
}

async fn waits_for(handle: JoinHandle<()>) {
    let _ = handle.await; // MARK: waits_for
}

fn chain(length: u32) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        match length {
            0 => works().await,
            _ => drop(tokio::spawn(chain(length - 1)).await),
        }
    })
}

#[inline(never)]
fn tick(n: u64) {
    std::hint::black_box(n); // MARK: tick
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    let (a, b, both) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)), Arc::new(Barrier::new(2)));
    tokio::spawn(takes(a.clone(), b.clone(), both.clone()));
    tokio::spawn(takes(b, a, both));
    for _ in 0..1_000 {
        tokio::spawn(waits_for(tokio::spawn(works())));
    }
    for round in 0..5 {
        for length in 1..=20 {
            tokio::spawn(chain(length + 20 * (round % 2)));
        }
    }
    sleep(Duration::from_millis(300)).await;
    for n in 0.. {
        tick(n);
        sleep(Duration::from_millis(20)).await;
    }
}
