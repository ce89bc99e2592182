// arguments: TASKS. Says "ready" when all of them wait.
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{oneshot, Mutex, Notify};

static COME: AtomicUsize = AtomicUsize::new(0);

async fn fetch(n: usize) -> usize {
    tokio::time::sleep(Duration::from_secs(36_000 + n as u64)).await;
    n
}

async fn request(n: usize) -> usize {
    let name = format!("request {n}");
    fetch(n).await + name.len()
}

async fn locks(lock: Arc<Mutex<usize>>, n: usize) {
    *lock.lock().await += n;
}

async fn told(notify: Arc<Notify>) {
    notify.notified().await;
}

async fn answers(answer: oneshot::Receiver<usize>) -> usize {
    answer.await.unwrap_or(0)
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    let tasks: usize = std::env::args().nth(1).map_or(1000, |n| n.parse().unwrap());
    let (lock, notify) = (Arc::new(Mutex::new(0)), Arc::new(Notify::new()));
    let held = lock.lock().await;
    let mut senders = Vec::new();
    for n in 0..tasks {
        let (lock, notify) = (lock.clone(), notify.clone());
        let (sender, answer) = oneshot::channel();
        if n % 8 == 7 {
            senders.push(sender);
        }
        tokio::spawn(async move {
            COME.fetch_add(1, Ordering::Relaxed);
            match n % 8 {
                5 if n < 800 => locks(lock, n).await, // a long line would take its time by itself
                6 => told(notify).await,
                7 => drop(answers(answer).await),
                _ => drop(request(n).await),
            }
        });
    }
    while COME.load(Ordering::Relaxed) < tasks {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    println!("ready");
    std::future::pending::<()>().await;
    drop((held, senders));
}
