use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;

struct Order {
    id: u64,
    items: Vec<u32>,
}

fn looked_at(order: &Order, prices: &HashMap<String, u32>) {
    black_box((order, prices)); // MARK: hit
}

fn main() {
    let n: u64 = std::env::args().nth(1).map_or(10_000_000, |n| n.parse().unwrap());
    let hits: u64 = std::env::args().nth(2).map_or(20_000, |n| n.parse().unwrap());
    let map: HashMap<u64, u64> = (0..n).map(|i| (i, i * 2)).collect();
    let tree: BTreeMap<u64, u64> = (0..n).map(|i| (i, i * 2)).collect();
    let list: Vec<u64> = (0..n).collect();
    let prices = HashMap::from([("one".to_string(), 1), ("two".to_string(), 2)]);
    black_box((&map, &tree, &list)); // MARK: built
    for id in 0..hits {
        looked_at(&Order { id, items: vec![1, 2, 3] }, &prices);
    }
    black_box((&map, &tree, &list)); // MARK: end
}
