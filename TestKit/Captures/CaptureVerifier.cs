using Iommu.Hardware;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Formats;

namespace Iommu.TestKit.Captures;

/// <summary>Re-does the translations of a capture on our SMMUv3, each twice: the second time from the caches.</summary>
public static class CaptureVerifier
{
    private const int MismatchesExplained = 10;

    /// <summary>Verifies snapshot after snapshot; each report is there when its snapshot is done.</summary>
    public static IEnumerable<SnapshotReport> Verify(Capture capture) => capture.Snapshots.Select(snapshot => Verify(capture, snapshot));

    public static SnapshotReport Verify(Capture capture, CaptureSnapshot snapshot) =>
        Verify(snapshot, snapshot.ReadTranslations(), capture.Events);

    /// <summary>Verifies given rows against a snapshot's tables.</summary>
    public static SnapshotReport Verify(CaptureSnapshot snapshot, IEnumerable<TranslationRow> rows, IReadOnlyList<EventRecord> events)
    {
        var run = new Run(snapshot, events);
        var (count, matched, none) = (0, 0, 0);
        var mismatches = new List<string>();
        var mismatched = 0;
        foreach (var row in rows)
        {
            count++;
            var difference = run.Check(row) ?? run.Check(row);
            if (difference is not null)
            {
                mismatched++;
                if (mismatches.Count < MismatchesExplained) mismatches.Add($"row {row.Row} ({row}): {difference}");
            }
            else if (row.Result == "none") none++;
            else matched++;
        }
        return new SnapshotReport(snapshot.Name, count, matched, none, mismatched, mismatches);
    }

    private sealed class Run
    {
        private readonly PhysicalMemory _memory = new();
        private readonly IReadOnlyList<EventRecord> _events;
        private readonly Smmu _smmu;
        private readonly Dictionary<uint, Port> _ports = [];

        public Run(CaptureSnapshot snapshot, IReadOnlyList<EventRecord> events)
        {
            snapshot.LoadPages(_memory);
            _events = events;
            _smmu = new Smmu("captured", _memory, snapshot.CreateRegisters());
        }

        /// <summary>What is different, or null.</summary>
        public string? Check(TranslationRow row)
        {
            if (row.Access != Access.None) return Check(row, row.Access);
            foreach (var access in (ReadOnlySpan<Access>)[Access.Read, Access.Write])
                if (row.Granted.HasFlag(access) && Check(row, access) is { } difference) return difference;
            return null;
        }

        private string? Check(TranslationRow row, Access access)
        {
            if (!_ports.TryGetValue(row.StreamId, out var port)) _ports[row.StreamId] = port = _smmu.OpenPort(row.StreamId);
            var producer = _smmu.Registers.EventProducer;
            var result = port.Translate(row.Iova, access);
            var record = TakeRecord(producer);
            return row.Result switch
            {
                "ok" or "bypass" => CheckSuccess(row, result),
                "none" => result.Succeeded ? $"expected any failure, got {Text(result)}" : null,
                "abort" => result.Kind == TranslationKind.Abort && record is null
                    ? null : $"expected abort without an event, got {Text(result)}",
                _ => CheckFault(row, result, record),
            };
        }

        private static string? CheckSuccess(TranslationRow row, Translation result)
        {
            var kind = row.Result == "ok" ? TranslationKind.Ok : TranslationKind.Bypass;
            var same = result.Kind == kind && result.Address == row.Physical && result.Granted == row.Granted;
            return same ? null : $"expected {kind} 0x{row.Physical:x} {row.Granted}, got {Text(result)}";
        }

        private string? CheckFault(TranslationRow row, Translation result, EventRecord? record)
        {
            if (result.Event.ToString() != row.Result) return $"expected {row.Result}, got {Text(result)}";
            if (row.Event is not { } index) return record is null ? null : $"expected no record, got {record}";
            if (index >= _events.Count) return $"event {index} is not among the {_events.Count} of the stream";
            var expected = Expected(_events[index]);
            return record == expected ? null : $"expected record {expected}, got {record?.ToString() ?? "none"}";
        }

        private static string Text(Translation result) => result.Kind == TranslationKind.Fault
            ? result.Event.ToString() : $"{result.Kind} 0x{result.Address:x} {result.Granted}";

        // QEMU leaves S2 = 0 where stage 2 faults on a stage-1 table entry; the architecture says 1 (IHI 0070, 7.3).
        private static EventRecord Expected(EventRecord captured) =>
            captured.Class == FaultClass.Table ? captured with { Word1 = captured.Word1 | EventRecord.Stage2Bit } : captured;

        private EventRecord? TakeRecord(uint producer)
        {
            var registers = _smmu.Registers;
            if (registers.EventProducer == producer) return null;
            var size = 1u << (int)(registers.EventQueueBase & 0x1F);
            Span<byte> bytes = stackalloc byte[EventRecord.Bytes];
            _memory.Read((registers.EventQueueBase & 0xF_FFFF_FFFF_FFE0) + (producer & (size - 1)) * EventRecord.Bytes, bytes);
            registers.EventConsumer = registers.EventProducer;
            return EventRecord.Read(bytes);
        }
    }
}
