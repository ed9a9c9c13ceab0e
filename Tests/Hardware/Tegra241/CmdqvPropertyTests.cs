using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Tegra241;
using Iommu.TestKit.Guests;

namespace Iommu.Tests.Hardware.Tegra241;

/// <summary>The registers of a CMDQV against a small model of them, and against guests that write whatever they like.</summary>
public class CmdqvPropertyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_registers_of_a_queue_are_those_of_a_model_after_any_sequence_of_writes_and_steps(int seed)
    {
        var random = new Random(seed);
        var rig = new CmdqvRig();
        var (_, guest, queue, _) = rig.Enabled();
        var (ring, page0) = RingOf(rig, queue);
        var model = new QueueModel();
        for (var i = 0; i < 5_000; i++)
        {
            var value = (uint)random.Next(0, 40);
            switch (random.Next(6))
            {
                case 0:
                    Write(RegisterMap.QueueConfig, value & 3);
                    model.Configure((value & 1) != 0);
                    break;
                case 1:
                    Write(RegisterMap.Producer, value);
                    model.Producer = value;
                    break;
                case 2:
                    Write(RegisterMap.Consumer, value);
                    model.WriteConsumer(value);
                    break;
                case 3:
                    Write(RegisterMap.Gerrorn, value & 1);
                    model.Acknowledge(value & 1);
                    break;
                case 4:
                    var isLegal = random.Next(4) != 0;
                    var command = isLegal ? Command.NhAsid(0, (int)value) : Command.NhAll(0);
                    rig.Machine.Memory.Write64(ring + value % 16 * 16, command.Word0);
                    model.IsLegal[value % 16] = isLegal;
                    break;
                default:
                    Assert.Equal(model.Step(), queue.Step());
                    break;
            }
            Assert.Equal((model.Consumer, model.Producer, model.Enabled, model.Gerror, model.Gerrorn),
                (guest.Consumer, guest.Producer, guest.Status != 0, guest.Gerror, guest.Gerrorn));
            Assert.Equal(model.Gerror != model.Gerrorn, rig.Cmdqv.Read(RegisterMap.VintfErrorMap) != 0);
        }

        void Write(ulong register, uint value) => rig.Machine.Memory.Write32(page0 + register, value);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void I11_whatever_a_guest_writes_into_its_page_and_its_rings_no_other_guest_and_not_the_host_notices(int seed)
    {
        var random = new Random(seed);
        var rig = new CmdqvRig();
        var other = new TranslatingGuest(rig, 0);
        other.Map(page: 0x100);
        Assert.True(other.Reaches(0x100));
        other.Map(page: 0x101);
        var (viommu, guest, queue, _) = rig.Enabled();
        var (ring, page0) = RingOf(rig, queue);
        for (var i = 0; i < 20_000; i++)
        {
            var register = random.Next(2) == 0 ? (ulong)random.Next(6) * 4 : (ulong)random.Next(0x4000) * 4;
            if (random.Next(3) == 0) rig.Machine.Memory.Write32(page0 + register, (uint)random.NextInt64());
            rig.Machine.Memory.Write64(ring + (ulong)random.Next(32) * 8, RandomWord(random, other.Viommu.Vmid));
            for (var step = 0; step < 8; step++)
                if (queue.Step() == QueueStep.Stopped) guest.Replace(VcmdqRing.Sync);
        }
        Assert.True(queue.ConsumedTotal > 1_000);
        // What is cached is still there: nothing of the other guest's was invalidated, and its own invalidation reaches it.
        Assert.True(other.Reaches(0x100));
        other.Direct(Command.NhAsid(0, 5));
        Assert.True(other.Reaches(0x101));
        Assert.False(rig.Machine.Smmus[0].CommandQueue.IsStopped);
        Assert.Equal(0u, rig.Cmdqv.Read(RegisterMap.VintfErrorMap) & ~(1u << viommu.Vintf));
        rig.Run(rig.Machine.Drivers[0].AllocPaging(rig.Machine.Devices[7], 0).Value!.Free());
    }

    private static (ulong Ring, ulong Page0) RingOf(CmdqvRig rig, Vcmdq queue)
    {
        var page1 = RegisterMap.LogicalPage1(queue.Owner!.Index);
        var ring = (rig.Cmdqv.Read(page1) | ((ulong)rig.Cmdqv.Read(page1 + 4) << 32)) & RegisterMap.BaseAddressMask;
        return (ring, 0x0520_0000 + RegisterMap.LogicalPage0(queue.Owner.Index));
    }

    // Often a command that exists, often with the other guest's VMID and ASID in it.
    private static ulong RandomWord(Random random, int vmid)
    {
        var word = (ulong)random.NextInt64();
        if (random.Next(4) == 0) return word;
        var opcodes = Enum.GetValues<Opcode>();
        word = (word & ~0xFFUL) | (byte)opcodes[random.Next(opcodes.Length)];
        return random.Next(2) == 0 ? (word & 0xFFF_FBFFUL) | ((ulong)vmid << 32) | (5UL << 48) : word & ~(1UL << 10);
    }

    /// <summary>One queue of 16 commands on a VINTF that is on.</summary>
    private sealed class QueueModel
    {
        public readonly bool[] IsLegal = new bool[16];

        public bool Enabled { get; private set; } = true;

        public uint Producer { get; set; }

        public uint Consumer { get; private set; }

        public uint Gerror { get; private set; }

        public uint Gerrorn { get; private set; }

        public void Configure(bool on) => Enabled = on;

        public void WriteConsumer(uint value)
        {
            if (!Enabled) Consumer = value;
        }

        public void Acknowledge(uint value)
        {
            if (Gerror != Gerrorn && value == Gerror) Consumer %= 1 << 24;
            Gerrorn = value;
        }

        public QueueStep Step()
        {
            if (!Enabled) return QueueStep.Idle;
            if (Gerror != Gerrorn) return QueueStep.Stopped;
            if (Consumer % 32 == Producer % 32) return QueueStep.Idle;
            if (IsLegal[Consumer % 16])
            {
                Consumer = (Consumer + 1) % 32;
                return QueueStep.Progress;
            }
            Consumer = Consumer % 32 + (1 << 24);
            Gerror = 1 - Gerror;
            return QueueStep.Stopped;
        }
    }
}
