// arguments: thread HITS | futures FUTURES ROUNDS | steps TASKS
use tokio::task::yield_now;

#[inline(never)]
fn hit(i: u64) -> u64 {
    std::hint::black_box(i * 3 + 1) // MARK: hit
}

async fn future(id: u64, rounds: u64) -> u64 {
    let mut sum = id;
    for i in 0..rounds {
        sum += i; // MARK: future
        yield_now().await;
    }
    sum
}

async fn child(i: u64) -> u64 {
    yield_now().await;
    i + 1
}

async fn stepped() -> u64 {
    let mut sum = 0; // MARK: stepped
    loop {
        sum = child(sum).await;
        sum = child(sum).await;
    }
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |i: usize| arguments.get(i).and_then(|text| text.parse().ok()).unwrap_or(1u64);
    match arguments.get(1).map(String::as_str) {
        Some("thread") => {
            let mut sum = 0;
            for i in 0..number(2) {
                sum += hit(i);
            }
            println!("{sum}");
        }
        Some("futures") => {
            let all: Vec<_> = (0..number(2)).map(|id| tokio::spawn(future(id, number(3)))).collect();
            let mut sum = 0;
            for task in all {
                sum += task.await.unwrap();
            }
            println!("{sum}");
        }
        Some("steps") => {
            let all: Vec<_> = (0..number(2)).map(|_| tokio::spawn(stepped())).collect();
            for task in all {
                task.await.unwrap();
            }
        }
        _ => eprintln!("usage: hits thread HITS | futures FUTURES ROUNDS | steps TASKS"),
    }
}
