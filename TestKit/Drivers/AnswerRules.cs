using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Drivers;

/// <summary>What a driver says of itself, and to what it does not know.</summary>
internal static class AnswerRules
{
    private const uint Unknown = 0x7FFF_FF42;

    /// <summary>Its own structure when no type is asked for, the same for its type, EOPNOTSUPP for another.</summary>
    public static bool HwInfo(RuleContext context)
    {
        var own = context.Done(context.Driver.HwInfo(context.Device, HwInfoType.None), "hw_info of no type");
        context.Expect(own.Type != HwInfoType.None && !own.Data.IsEmpty, "hw_info of no type has no type of its own, or no bytes");
        var again = context.Done(context.Driver.HwInfo(context.Device, own.Type), $"hw_info of type {own.Type}");
        context.Expect(again.Data.Span.SequenceEqual(own.Data.Span), "hw_info of its type is other than that of none");
        var errno = context.Driver.HwInfo(context.Device, (HwInfoType)Unknown).Errno;
        context.Expect(errno == Errno.EOPNOTSUPP, $"hw_info of an unknown type was answered {errno}, and not EOPNOTSUPP");
        return true;
    }

    /// <summary>Types of vIOMMUs and of user data that are nobody's are EOPNOTSUPP, and flags that are no flags.</summary>
    public static bool UnknownTypes(RuleContext context)
    {
        var parent = context.Alloc(context.Kinds(context.Device).Contains(HwptAllocFlags.NestParent)
            ? HwptAllocFlags.NestParent : HwptAllocFlags.None);
        var unknown = (ViommuType)Unknown;
        context.Expect(!context.Driver.SupportsViommu(context.Device, unknown), "it has vIOMMUs of a type that is nobody's");
        Unsupported(context.Driver.AllocViommu(context.Device, parent, new UserData(unknown), new RigServices()).Errno, "such a vIOMMU");
        Unsupported(context.Driver.AllocPaging(context.Device, (HwptAllocFlags)(1 << 30)).Errno, "a domain with an unknown flag");
        var data = new UserData(Unknown, new byte[16]);
        var errno = context.Driver.AllocPaging(context.Device, HwptAllocFlags.None, data).Errno;
        context.Expect(errno is Errno.EOPNOTSUPP or Errno.EINVAL, $"a domain with unknown data was answered {errno}");
        return true;

        void Unsupported(Errno errno, string what) =>
            context.Expect(errno == Errno.EOPNOTSUPP, $"{what} was answered {errno}, and not EOPNOTSUPP");
    }

    /// <summary>Sizes include pages of 4 KiB or of less, and the aperture has room.</summary>
    public static bool Geometry(RuleContext context)
    {
        foreach (var flags in context.Kinds(context.Device))
        {
            var domain = context.Alloc(flags);
            context.Expect((domain.PageSizes & 0x1FFF) != 0, $"no page size of at most 4 KiB: 0x{domain.PageSizes:x}");
            context.Expect(domain.ApertureFirst < domain.ApertureLast, "the aperture is empty");
            context.Expect(domain.IsNestParent == flags.HasFlag(HwptAllocFlags.NestParent), $"flags {flags} gave a nest parent, or none");
            context.Expect(ReferenceEquals(domain.Iommu, context.Driver), "a domain names another driver as its IOMMU");
            Plan.Run(domain.Free());
        }
        return true;
    }
}
