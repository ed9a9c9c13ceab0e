using System.Buffers.Binary;
using Iommu.Actors.Uapi;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Uapi;

/// <summary>
/// Calls of a program that has gone mad, by a seed: any number, any bytes. Half of them are nearly right, so that not all end at the
/// first check: what <see cref="SensibleCalls"/> makes, with a field or none spoilt. The others have sizes as they are, ids that may be
/// there, addresses and lengths that may be the process's.
/// </summary>
internal sealed class RandomCalls(int seed, ulong arrays, ulong end)
{
    private const uint IdsMax = 24;

    private static readonly uint[] Known = [.. IoctlTable.Operations.Select(operation => (uint)operation.Number),
        .. Enum.GetValues<VfioIoctl>().Select(number => (uint)number)];

    private readonly Random _random = new(seed);
    private readonly SensibleCalls _sensible = new(seed, arrays);

    /// <summary>The number of a call, the bytes of its structure, and what stands in for its address; null for where they are.</summary>
    public (uint Number, byte[] Structure, ulong? Argument) Next()
    {
        if (_random.Next(2) == 0) return NearlyRight();
        var number = _random.Next(20) == 0 ? (uint)_random.NextInt64(1L << 32) : Known[_random.Next(Known.Length)];
        var structure = Structure(IoctlTable.Find(number)?.Codec.SizeBytes ?? _random.Next(4, 80));
        ulong? argument = _random.Next(20) switch
        {
            0 => Address(),
            1 => (ulong)_random.Next(12),
            _ => null,
        };
        return (number, structure, argument);
    }

    /// <summary>A call has succeeded: what it made can be named from now on.</summary>
    public void Learn(uint number, ReadOnlySpan<byte> structure) => _sensible.Learn((Ioctl)number, structure);

    private (uint Number, byte[] Structure, ulong? Argument) NearlyRight()
    {
        var (number, structure) = _sensible.Next();
        BinaryPrimitives.WriteInt32LittleEndian(structure, structure.Length);
        var spoilt = structure.AsSpan(4 * _random.Next(structure.Length / 4));
        if (_random.Next(3) == 0) BinaryPrimitives.WriteUInt32LittleEndian(spoilt, Word());
        return ((uint)number, structure, null);
    }

    private byte[] Structure(int size)
    {
        var structure = new byte[size + _random.Next(8) switch { 0 => _random.Next(64), _ => 0 }];
        for (var at = 4; at + 4 <= structure.Length; at += 4)
        {
            // 64-bit fields are aligned: a pair of words may be one.
            if (at % 8 == 0 && at + 8 <= structure.Length && _random.Next(2) == 0)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(structure.AsSpan(at), Long());
                at += 4;
            }
            else BinaryPrimitives.WriteUInt32LittleEndian(structure.AsSpan(at), Word());
        }
        var said = _random.Next(10) == 0 ? Word() : (uint)structure.Length;
        BinaryPrimitives.WriteUInt32LittleEndian(structure, said);
        return structure;
    }

    private uint Word() => _random.Next(16) switch
    {
        < 6 => 0,
        < 11 => (uint)_random.NextInt64(IdsMax),
        11 => 1u << _random.Next(32),
        12 => 4096,
        13 => (uint)ViommuType.Selftest,
        14 => uint.MaxValue,
        _ => (uint)_random.NextInt64(1L << 32),
    };

    private ulong Long() => _random.Next(16) switch
    {
        < 4 => Address(),
        < 8 => (ulong)_random.Next(1, 9) * 4096,
        < 11 => (1UL << 24) + (ulong)_random.Next(64) * 4096,
        11 => ulong.MaxValue - (ulong)_random.Next(3) * 4096,
        12 => 1UL << _random.Next(64),
        13 => (ulong)_random.Next(4096),
        _ => (ulong)_random.NextInt64(),
    };

    private ulong Address() => _random.Next(8) switch
    {
        0 => 0,
        1 => UapiCaller.Nowhere,
        2 => end - (ulong)_random.Next(64),
        3 => (ulong)_random.NextInt64(),
        _ => arrays + (ulong)_random.Next(64) * (_random.Next(2) == 0 ? 4096UL : 8),
    };
}
