using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Faults;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>What the driver does when its command queue stops (GERROR.CMDQ_ERR): the queue goes on for everybody (I11).</summary>
public class QueueRecoveryTests
{
    private const ulong Iova = 0x4000;

    [Theory]
    [InlineData(0xEEUL)]
    [InlineData((ulong)Opcode.Resume)]
    [InlineData((ulong)Opcode.StallTerm)]
    [InlineData((ulong)Opcode.PriResponse)]
    public void A_command_that_the_hardware_does_not_know_is_skipped_and_those_around_it_are_carried_out(ulong opcode)
    {
        var machine = Smmuv3Machine.Create();
        var (driver, port, domain) = Attached(machine);
        Assert.True(port.Translate(Iova, Access.Read).Succeeded);
        domain.Unmap(Iova, 0x1000);
        var (flush, sync) = (Command.NhAll(0), Command.Sync());
        Plan.Run(new CommandBatch(driver.Queue, new ulong[] { opcode, 0, opcode, 0, flush.Word0, 0, opcode, 0, sync.Word0, 0 }));
        Assert.False(port.Translate(Iova, Access.Read).Succeeded);
        Assert.Equal((3L, 0u), (driver.CommandsSkipped, (machine.Smmus[0].Registers.Gerror ^ machine.Smmus[0].Registers.Gerrorn) & 1));
    }

    [Fact]
    public void A_sync_stops_with_CERROR_ATC_INV_SYNC_for_a_device_that_does_not_answer_and_is_tried_again()
    {
        var fault = new AtcTimeout(new Victims(0));
        var machine = Smmuv3Machine.Create(new()
        {
            DevicesWithAts = 1, DecorateQueue = (_, queue) => Silent(queue, fault),
        });
        var (driver, port, domain) = Attached(machine);
        Assert.True(port.Translate(Iova, Access.Read).Succeeded);
        domain.Unmap(Iova, 0x1000);
        var reasons = new List<uint>();
        foreach (var batch in domain.Flush(Iova, 0x1000))
        {
            machine.Smmus[0].CommandQueue.Produce(batch.Words.Span);
            while (machine.Smmus[0].CommandQueue.Step() is var step && step != QueueStep.Idle)
            {
                if (step != QueueStep.Stopped) continue;
                reasons.Add(machine.Smmus[0].Registers.CommandConsumer >> 24);
                machine.Smmus[0].CommandQueue.Acknowledge();
            }
        }
        Assert.Equal([3u], reasons);
        Assert.StartsWith("ATC_INV", fault.Victim);
        // The ATC has kept what it was not told to drop.
        Assert.True(port.Translate(Iova, Access.Read).Succeeded);
        Plan.Run(domain.Flush(Iova, 0x1000));
        Assert.False(port.Translate(Iova, Access.Read).Succeeded);
        Assert.Equal(0, driver.AtcTimeouts);
    }

    [Fact]
    public void The_driver_goes_on_after_an_ATC_did_not_answer_in_time()
    {
        var fault = new AtcTimeout(new Victims(0));
        var machine = Smmuv3Machine.Create(new() { DevicesWithAts = 1, DecorateQueue = (_, queue) => Silent(queue, fault) });
        var (driver, port, domain) = Attached(machine);
        Assert.True(port.Translate(Iova, Access.Read).Succeeded);
        domain.Unmap(Iova, 0x1000);
        Plan.Run(domain.Flush(Iova, 0x1000));
        Assert.Equal(1, driver.AtcTimeouts);
        Plan.Run(domain.Flush(Iova, 0x1000));
        Assert.False(port.Translate(Iova, Access.Read).Succeeded);
    }

    private static ICommandQueue Silent(CommandQueue queue, AtcTimeout fault)
    {
        queue.LosesAtcInvalidation = fault.Loses;
        return queue;
    }

    private static (Iommu.Hardware.Smmuv3.Driver.Smmuv3Driver Driver, Port Port, IPagingDomain Domain) Attached(Smmuv3Machine machine)
    {
        var (driver, device) = (machine.Drivers[0], machine.Devices[0]);
        var domain = driver.AllocPaging(device, HwptAllocFlags.None).Value!;
        domain.Map(Iova, 0x9000, 0x1000, Access.Read);
        Plan.Run(driver.Attach(device, null, domain).Value!);
        return (driver, machine.OpenPort(device), domain);
    }
}
