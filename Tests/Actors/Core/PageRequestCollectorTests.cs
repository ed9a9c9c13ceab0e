using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Actors.Core;

/// <summary>Each group of page requests comes out once, with its last request, whole or as one that cannot be delivered (I6).</summary>
public class PageRequestCollectorTests
{
    private static readonly TrivialIommu Iommu = new("iommu");
    private static readonly PhysicalDevice One = new("one", 1, Iommu);
    private static readonly PhysicalDevice Two = new("two", 2, Iommu);

    private readonly PageRequestCollector _collector = new();
    private readonly object _attachment = new();

    [Fact]
    public void A_group_is_complete_with_its_last_request_and_in_the_order_in_which_they_came()
    {
        Assert.Null(_collector.Add(One, Request(7, 0x1000), _attachment));
        Assert.Null(_collector.Add(One, Request(8, 0x9000), _attachment));
        Assert.Null(_collector.Add(One, Request(7, 0x2000), _attachment));
        var group = _collector.Add(One, Request(7, 0x3000, last: true), _attachment)!.Value;
        Assert.True(group.IsWhole);
        Assert.Equal([0x1000UL, 0x2000, 0x3000], group.Requests.Select(request => request.Address));
        Assert.Equal(1, _collector.Open);
    }

    [Fact]
    public void Devices_may_use_the_same_number()
    {
        _collector.Add(One, Request(7, 0x1000), _attachment);
        Assert.Single(_collector.Add(Two, Request(7, 0x2000, last: true), _attachment)!.Value.Requests);
    }

    [Fact]
    public void A_group_whose_attachment_ended_is_not_delivered_in_part_to_the_next()
    {
        _collector.Add(One, Request(7, 0x1000), _attachment);
        _collector.End(_attachment);
        var next = new object();
        Assert.Null(_collector.Add(One, Request(7, 0x2000), next));
        var group = _collector.Add(One, Request(7, 0x3000, last: true), next)!.Value;
        Assert.False(group.IsWhole);
        Assert.Equal(0x3000UL, Assert.Single(group.Requests).Address);
        Assert.True(_collector.Add(One, Request(7, 0x4000, last: true), next)!.Value.IsWhole);
    }

    [Fact]
    public void A_group_of_which_a_part_had_nobody_to_handle_it_is_not_delivered()
    {
        _collector.Add(One, Request(7, 0x1000), null);
        Assert.False(_collector.Add(One, Request(7, 0x2000, last: true), _attachment)!.Value.IsWhole);
        _collector.Add(One, Request(7, 0x1000), _attachment);
        Assert.False(_collector.Add(One, Request(7, 0x2000, last: true), null)!.Value.IsWhole);
    }

    [Fact]
    public void Whatever_comes_between_every_group_comes_out_once()
    {
        for (var seed = 0; seed < 200; seed++) Run(new Random(seed), seed);
    }

    private static void Run(Random random, int seed)
    {
        var collector = new PageRequestCollector();
        var attachments = new Dictionary<PhysicalDevice, object?> { [One] = null, [Two] = null };
        var open = new Dictionary<(PhysicalDevice, uint), List<(ulong Address, object? Attachment)>>();
        var ended = new HashSet<object>();
        for (var step = 0UL; step < 200; step++)
        {
            var device = random.Next(2) == 0 ? One : Two;
            if (random.Next(10) == 0)
            {
                if (attachments[device] is { } old)
                {
                    collector.End(old);
                    ended.Add(old);
                }
                attachments[device] = random.Next(3) == 0 ? null : new object();
                continue;
            }
            var number = (uint)random.Next(3);
            var last = random.Next(3) == 0;
            var requests = open.TryGetValue((device, number), out var begun) ? begun : open[(device, number)] = [];
            requests.Add((step, attachments[device]));
            var group = collector.Add(device, Request(number, step, last), attachments[device]);
            Assert.Equal((seed, step, last), (seed, step, group is not null));
            if (group is not { } closed) continue;
            var whole = requests.All(request => request.Attachment is { } used && !ended.Contains(used));
            Assert.Equal((seed, step, whole), (seed, step, closed.IsWhole));
            var expected = whole ? requests.Select(request => request.Address) : [step];
            Assert.Equal(expected, closed.Requests.Select(request => request.Address));
            open.Remove((device, number));
        }
        Assert.Equal((seed, open.Count), (seed, collector.Open));
    }

    private static PageFault Request(uint group, ulong address, bool last = false) =>
        new(last ? PageFaultFlags.LastPage : PageFaultFlags.None, 0, group, PageFaultPermissions.Read, address);
}
