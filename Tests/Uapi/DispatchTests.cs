using Iommu.Actors.Uapi;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Uapi;

/// <summary>What every ioctl has in common (main.c, iommufd_fops_ioctl), over the whole table.</summary>
public class DispatchTests
{
    public static readonly TheoryData<Ioctl> Ioctls = [.. IoctlTable.Operations.Select(operation => operation.Number)];

    /// <summary>Each reserved field that must be zero: where it is, and how many bytes.</summary>
    public static readonly TheoryData<Ioctl, int, int> Reserved = new()
    {
        { Ioctl.IoasAllowIovas, 12, 4 },
        { Ioctl.IoasIovaRanges, 12, 4 },
        { Ioctl.IoasMap, 12, 4 },
        { Ioctl.Option, 10, 2 },
        { Ioctl.VfioIoas, 10, 2 },
        { Ioctl.HwptAlloc, 20, 4 },
        { Ioctl.GetHwInfo, 29, 3 },
        { Ioctl.HwptGetDirtyBitmap, 12, 4 },
        { Ioctl.HwptInvalidate, 28, 4 },
        { Ioctl.IoasChangeProcess, 4, 4 },
        { Ioctl.IoasNoiommuGetPa, 12, 4 },
        { Ioctl.VeventqAlloc, 28, 4 },
    };

    /// <summary>Those that nobody looks at.</summary>
    public static readonly TheoryData<Ioctl, int> Ignored = new()
    {
        { Ioctl.HwptAlloc, 44 },
        { Ioctl.HwptSetDirtyTracking, 12 },
        { Ioctl.ViommuAlloc, 28 },
    };

    [Theory, MemberData(nameof(Ioctls))]
    public async Task A_structure_shorter_than_when_it_was_first_defined_answers_EINVAL(Ioctl number)
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var sizeMin = IoctlTable.Find((uint)number)!.SizeMinBytes;
        Assert.Equal(-(long)Errno.EINVAL, await uapi.Raw(number, Structure(sizeMin - 1)));
        Assert.Equal(-(long)Errno.EINVAL, await uapi.Raw(number, Structure(0)));
    }

    [Theory, MemberData(nameof(Ioctls))]
    public async Task A_longer_structure_is_the_same_call_when_its_tail_is_zero_and_answers_E2BIG_otherwise(Ioctl number)
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var size = IoctlTable.Find((uint)number)!.Codec.SizeBytes;
        var expected = await uapi.Raw(number, Structure(size));
        foreach (var longer in new[] { size + 1, size + 8, size + 10_000 })
        {
            var structure = Structure(longer);
            Assert.Equal(expected, await uapi.Raw(number, structure));
            structure[^1] = 1;
            Assert.Equal(-(long)Errno.E2BIG, await uapi.Raw(number, structure));
        }
    }

    [Theory, MemberData(nameof(Ioctls))]
    public async Task What_a_shorter_structure_lacks_is_zero(Ioctl number)
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var operation = IoctlTable.Find((uint)number)!;
        var expected = await uapi.Raw(number, Structure(operation.Codec.SizeBytes));
        var behind = new byte[operation.Codec.SizeBytes];
        Array.Fill(behind, (byte)0xff);
        Structure(operation.SizeMinBytes).CopyTo(behind, 0);
        Assert.Equal(expected, await uapi.Raw(number, behind));
        // Nothing is written behind what the caller has.
        var after = uapi.ReadBytes(uapi.Structure, behind.Length);
        Assert.All(after[operation.SizeMinBytes..], value => Assert.Equal(0xff, value));
    }

    [Theory, MemberData(nameof(Ioctls))]
    public async Task A_bad_pointer_answers_EFAULT(Ioctl number)
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        foreach (var address in new[] { 0UL, UapiCaller.Nowhere, (1UL << 30) - 4, ulong.MaxValue - 2 })
        {
            if (address == (1UL << 30) - 4) uapi.Write(address, BitConverter.GetBytes(IoctlTable.Find((uint)number)!.SizeMinBytes));
            Assert.Equal(-(long)Errno.EFAULT, await uapi.File.IoctlAsync(uapi.Process, (uint)number, address));
        }
    }

    [Theory, MemberData(nameof(Ioctls))]
    public async Task A_number_with_a_direction_a_size_or_another_type_answers_ENOTTY(Ioctl number)
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var structure = Structure(IoctlTable.Find((uint)number)!.Codec.SizeBytes);
        foreach (var wrong in new[] { 0xc000_0000, 0x0008_0000u, 0x0000_0100u })
            Assert.Equal(-(long)Errno.ENOTTY, await uapi.Raw((Ioctl)((uint)number ^ wrong), structure));
    }

    [Theory, MemberData(nameof(Reserved))]
    public async Task A_reserved_field_answers_EOPNOTSUPP_before_any_object_is_looked_up(Ioctl number, int offset, int length)
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        for (var i = 0; i < length; i++)
        {
            var structure = Structure(IoctlTable.Find((uint)number)!.Codec.SizeBytes);
            structure[offset + i] = 0x80;
            Assert.Equal(-(long)Errno.EOPNOTSUPP, await uapi.Raw(number, structure));
        }
    }

    [Theory, MemberData(nameof(Ignored))]
    public async Task A_reserved_field_that_the_kernel_does_not_look_at_changes_nothing(Ioctl number, int offset)
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var structure = Structure(IoctlTable.Find((uint)number)!.Codec.SizeBytes);
        var expected = await uapi.Raw(number, structure);
        structure[offset] = 1;
        Assert.Equal(expected, await uapi.Raw(number, structure));
    }

    [Fact]
    public async Task An_unknown_number_answers_ENOTTY()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var known = IoctlTable.Operations.Select(operation => (uint)operation.Number)
            .Concat(Enum.GetValues<VfioIoctl>().Select(number => (uint)number)).ToHashSet();
        for (var number = 0x3b00u; number <= 0x3bff; number++)
        {
            if (known.Contains(number)) continue;
            Assert.Equal(-(long)Errno.ENOTTY, await uapi.Raw((Ioctl)number, Structure(64)));
        }
    }

    [Fact]
    public async Task A_number_between_two_of_the_table_answers_EFAULT_for_a_bad_pointer_first()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        Assert.Equal(-(long)Errno.EFAULT, await uapi.File.IoctlAsync(uapi.Process, 0x3b96, UapiCaller.Nowhere));
        Assert.Equal(-(long)Errno.EFAULT, await uapi.File.IoctlAsync(uapi.Process, 0x3b80 ^ 0xc000_0000, UapiCaller.Nowhere));
        Assert.Equal(-(long)Errno.ENOTTY, await uapi.File.IoctlAsync(uapi.Process, 0x3bf0, UapiCaller.Nowhere));
    }

    [Fact]
    public async Task TEST_CMD_answers_ENOTTY_in_a_kernel_without_the_selftest()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var plain = new IommufdFile(uapi.Iommu.Context);
        var structure = uapi.Structure;
        uapi.Write(structure, Structure(72));
        Assert.Equal(-(long)Errno.EOPNOTSUPP, await uapi.File.IoctlAsync(uapi.Process, (uint)Ioctl.TestCmd, structure));
        Assert.Equal(-(long)Errno.ENOTTY, await plain.IoctlAsync(uapi.Process, (uint)Ioctl.TestCmd, structure));
    }

    /// <summary>Zeros, but for the size.</summary>
    private static byte[] Structure(int sizeBytes)
    {
        var structure = new byte[Math.Max(sizeBytes, 4)];
        BitConverter.TryWriteBytes(structure, sizeBytes);
        return structure;
    }
}
