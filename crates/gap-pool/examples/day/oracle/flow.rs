//! Maximum flow by Dinic's algorithm, which can go on when capacity is added later.

use std::collections::VecDeque;

/// A network with capacities.
#[derive(Clone, Debug, Default)]
pub(super) struct Network {
    /// Arcs that leave each node. An arc and its way back are neighbours: `arc ^ 1`.
    leaving: Vec<Vec<usize>>,
    arcs: Vec<Arc>,
}

#[derive(Clone, Copy, Debug)]
struct Arc {
    to: usize,
    /// What still fits.
    left: u64,
}

/// More than any capacity, and small enough that sums of a few do not overflow.
pub(super) const UNLIMITED: u64 = u64::MAX / 8;

const FAR: usize = usize::MAX;

impl Network {
    pub(super) fn add_node(&mut self) -> usize {
        self.leaving.push(Vec::new());
        self.leaving.len() - 1
    }

    /// Adds an arc and returns its number.
    pub(super) fn add_arc(&mut self, from: usize, to: usize, capacity: u64) -> usize {
        let arc = self.arcs.len();
        self.arcs.push(Arc { to, left: capacity });
        self.arcs.push(Arc { to: from, left: 0 });
        self.leaving[from].push(arc);
        self.leaving[to].push(arc + 1);
        arc
    }

    /// Lets more through an arc.
    pub(super) fn widen(&mut self, arc: usize, more: u64) {
        self.arcs[arc].left += more;
    }

    /// Sends as much more as fits from `source` to `sink` and returns how much that was.
    pub(super) fn augment(&mut self, source: usize, sink: usize) -> u64 {
        let mut total = 0;
        loop {
            let levels = self.levels(source, sink);
            if levels[sink] == FAR {
                return total;
            }
            let mut next = vec![0; self.leaving.len()];
            while let Some(sent) = self.send_along_one_path(source, sink, &levels, &mut next) {
                total += sent;
            }
        }
    }

    /// How many arcs each node is away from the source, as far as the sink.
    fn levels(&self, source: usize, sink: usize) -> Vec<usize> {
        let mut levels = vec![FAR; self.leaving.len()];
        levels[source] = 0;
        let mut queue = VecDeque::from([source]);
        while let Some(node) = queue.pop_front() {
            if node == sink {
                break;
            }
            for arc in self.leaving[node].iter().map(|arc| self.arcs[*arc]) {
                if arc.left > 0 && levels[arc.to] == FAR {
                    levels[arc.to] = levels[node] + 1;
                    queue.push_back(arc.to);
                }
            }
        }
        levels
    }

    /// `next` remembers which arcs of each node lead nowhere on these levels.
    fn send_along_one_path(&mut self, source: usize, sink: usize, levels: &[usize], next: &mut [usize]) -> Option<u64> {
        let mut path: Vec<usize> = Vec::new();
        let mut node = source;
        while node != sink {
            if let Some(arc) = self.leaving[node].get(next[node]).copied() {
                let Arc { to, left } = self.arcs[arc];
                if left > 0 && levels[to] == levels[node] + 1 {
                    path.push(arc);
                    node = to;
                } else {
                    next[node] += 1;
                }
            } else {
                let back = path.pop()?;
                node = self.arcs[back ^ 1].to;
                next[node] += 1;
            }
        }
        let sent = path.iter().map(|arc| self.arcs[*arc].left).min()?;
        for arc in path {
            self.arcs[arc].left -= sent;
            self.arcs[arc ^ 1].left += sent;
        }
        Some(sent)
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn flow_finds_the_way_back() {
        // Two paths that both want the middle; only by sending one of them back do both fit.
        let mut network = Network::default();
        let [source, a, b, sink] = [(); 4].map(|()| network.add_node());
        network.add_arc(source, a, 3);
        network.add_arc(source, b, 2);
        network.add_arc(a, b, 5);
        network.add_arc(a, sink, 2);
        network.add_arc(b, sink, 3);
        assert_eq!(network.augment(source, sink), 5);
        assert_eq!(network.augment(source, sink), 0);
    }

    #[test]
    fn widening_goes_on_from_what_flows() {
        let mut network = Network::default();
        let [source, middle, sink] = [(); 3].map(|()| network.add_node());
        let arc = network.add_arc(source, middle, 1);
        network.add_arc(middle, sink, 10);
        assert_eq!(network.augment(source, sink), 1);
        network.widen(arc, 20);
        assert_eq!(network.augment(source, sink), 9);
    }
}
