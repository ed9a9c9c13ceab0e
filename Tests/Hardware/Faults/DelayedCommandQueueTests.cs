using Iommu.Hardware.Faults;
using Iommu.Hardware.Queues;
using AmdCommand = Iommu.Hardware.Amd.Command;
using SmmuCommand = Iommu.Hardware.Smmuv3.Command;
using VtdDescriptor = Iommu.Hardware.Vtd.Descriptor;

namespace Iommu.Tests.Hardware.Faults;

/// <summary>A late command keeps its meaning: it stays behind what must come before it, and before what must come after.</summary>
public class DelayedCommandQueueTests
{
    [Fact]
    public void A_TLBI_comes_after_others_but_before_ATC_INV_and_CMD_SYNC_and_one_of_a_stage_2_stays()
    {
        var page = Words(SmmuCommand.NhVa(1, 1, 0x1000, leaf: true));
        var all = Words(SmmuCommand.NhAll(1));
        var stage2 = Words(SmmuCommand.S2Ipa(1, 0x1000, leaf: true));
        var atc = Words(SmmuCommand.AtcInv(8, 0x1000, 0));
        var sync = Words(SmmuCommand.Sync());

        Assert.Equal(Line(all, stage2, page, atc, sync), Delayed(CommandSet.Smmuv3, 2, page, all, stage2, atc, sync));
        Assert.Equal(Line(stage2, all, sync), Delayed(CommandSet.Smmuv3, 2, stage2, all, sync));
    }

    [Fact]
    public void An_INVALIDATE_IOMMU_PAGES_comes_after_others_but_before_those_of_devices()
    {
        var page = Words(AmdCommand.GuestPages(1, 0, 0x1000, 0x1FFF, tables: false));
        var host = Words(AmdCommand.AllPages(2));
        var device = Words(AmdCommand.Iotlb(8, 0x1000, 0x1FFF));

        Assert.Equal(Line(host, page, device), Delayed(CommandSet.Amd, 2, page, host, device));
    }

    [Fact]
    public void An_IOTLB_invalidation_comes_after_others_but_before_those_of_devices()
    {
        var page = Words(VtdDescriptor.PasidIotlbPages(1, 0, 0x1000, 0, leafOnly: true));
        var domain = Words(VtdDescriptor.IotlbOfDomain(2));
        var device = Words(VtdDescriptor.DeviceTlb(8, 0x1000, 0));

        Assert.Equal(Line(domain, page, device), Delayed(CommandSet.Vtd, 4, page, domain, device));
    }

    private static ulong[] Delayed(CommandSet set, int wordsPerCommand, params ulong[][] commands)
    {
        var ring = new Recorder(wordsPerCommand);
        var queue = new DelayedCommandQueue(ring, set, new Victims(0));
        queue.Produce(Line(commands));
        return [.. ring.Words];
    }

    private static ulong[] Line(params ulong[][] commands) => [.. commands.SelectMany(words => words)];

    private static ulong[] Words(SmmuCommand command) => [command.Word0, command.Word1];

    private static ulong[] Words(AmdCommand command) => [command.Word0, command.Word1];

    private static ulong[] Words(VtdDescriptor descriptor) => [descriptor.Word0, descriptor.Word1, descriptor.Word2, descriptor.Word3];

    private sealed class Recorder(int wordsPerCommand) : ICommandQueue
    {
        public List<ulong> Words { get; } = [];

        public string Name => "recorder";

        public int WordsPerCommand => wordsPerCommand;

        public ulong ConsumedTotal => 0;

        public int Produce(ReadOnlySpan<ulong> words)
        {
            Words.AddRange(words);
            return words.Length;
        }

        public QueueStep Step() => QueueStep.Idle;
    }
}
